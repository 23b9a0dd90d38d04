import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';

export function list(search: string | undefined, deleted = false) {
  return pages(['datasets', 'list', search ?? '', deleted], (cursor, signal) =>
    data(
      api().GET('/datasets', {
        params: {
          query: {
            limit: 200,
            deleted,
            ...(search ? { search } : {}),
            ...(cursor ? { cursor } : {}),
          },
        },
        signal,
      }),
    ),
  );
}

export function dataset(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'one', name],
    queryFn: ({ signal }) => data(api().GET('/datasets/{name}', { params: { path: { name } }, signal })),
  });
}

export function versions(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions', { params: { path: { name } }, signal })),
  });
}

const PROFILING_MS = 1500;

export function version(name: string, number: number | undefined) {
  const path = { name, version: number === undefined ? 'latest' : String(number) };
  return queryOptions({
    queryKey: ['datasets', 'version', path],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}', { params: { path }, signal })),
    // the job's progress comes without events
    refetchInterval: (query) => {
      const state = query.state.data?.profile.state;
      return state === 'queued' || state === 'running' ? PROFILING_MS : false;
    },
  });
}

export function preview(name: string, number: number, rows: number) {
  const path = { name, version: String(number) };
  return queryOptions({
    queryKey: ['dataset-preview', path, rows], // a version never changes: live events need not refresh it
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/preview', {
          params: { path, query: { rows } },
          signal,
        }),
      ),
    staleTime: Infinity,
    placeholderData: (old) => old,
  });
}

export function profile(name: string, number: number) {
  const path = { name, version: String(number) };
  return queryOptions({
    queryKey: ['datasets', 'profile', path],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}/profile', { params: { path }, signal })),
    staleTime: 60_000,
    retry: (count, error) => count < 2 && Problem.from(error).status === 0,
  });
}

export function lineage(name: string, number: number) {
  const path = { name, version: String(number) };
  return queryOptions({
    queryKey: ['datasets', 'lineage', path],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}/lineage', { params: { path }, signal })),
  });
}

export const samples = queryOptions({
  queryKey: ['dataset-samples'],
  queryFn: ({ signal }) => data(api().GET('/datasets/samples', { signal })),
  staleTime: Infinity,
});

/** A dataset of a name, null when there is none: asked for as a list, so that none is no error. */
export function named(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'named', name],
    queryFn: async ({ signal }) => {
      const query = { search: name, limit: 200 };
      const found = await data(api().GET('/datasets', { params: { query }, signal }));
      return found.items.find((item) => item.name === name) ?? null;
    },
  });
}
