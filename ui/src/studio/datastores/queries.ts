import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Datastore = components['schemas']['Datastore'];
export type DatastoreKind = components['schemas']['DatastoreKind'];
export type KindField = components['schemas']['KindField'];
export type CheckState = components['schemas']['CheckState'];
export type FileEntry = components['schemas']['FileEntry'];
export type FilePreviewData = components['schemas']['FilePreview'];

export const datastores = queryOptions({
  queryKey: ['datastores', 'list'],
  queryFn: ({ signal }) => data(api().GET('/datastores', { signal })),
});

export const kinds = queryOptions({
  queryKey: ['datastore-kinds'],
  queryFn: ({ signal }) => data(api().GET('/datastores/kinds', { signal })),
  staleTime: 5 * 60_000,
});

export function datastore(name: string) {
  return queryOptions({
    queryKey: ['datastores', 'one', name],
    queryFn: ({ signal }) => data(api().GET('/datastores/{name}', { params: { path: { name } }, signal })),
  });
}

export function users(name: string) {
  return queryOptions({
    queryKey: ['datastores', 'users', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datastores/{name}/users', { params: { path: { name } }, signal })),
  });
}

// not below `datastores`: an event of the datastore need not list a folder far away again
export function folder(name: string, path: string) {
  const query = pages(['datastore-files', name, path], (cursor, signal) =>
    data(
      api().GET('/datastores/{name}/files', {
        params: { path: { name }, query: { folder: path, limit: 500, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  return { ...query, retry: onlyWhenUnanswered };
}

/** What a store refuses it refuses again; only a studio that does not answer is asked once more. */
function onlyWhenUnanswered(count: number, error: unknown): boolean {
  return count < 2 && Problem.from(error).status === 0;
}

export function preview(name: string, path: string) {
  return queryOptions({
    queryKey: ['datastore-preview', name, path],
    queryFn: ({ signal }) =>
      data(api().GET('/datastores/{name}/preview', { params: { path: { name }, query: { path } }, signal })),
    staleTime: 10_000,
    retry: onlyWhenUnanswered,
  });
}
