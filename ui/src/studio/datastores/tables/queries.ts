import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type DatabaseTable = components['schemas']['DatabaseTable'];
export type TableHead = components['schemas']['TableHead'];
export type TableShape = components['schemas']['TableShape'];

/** What a database refuses it refuses again; only a studio that does not answer is asked once more. */
function retry(count: number, error: unknown): boolean {
  return count < 2 && Problem.from(error).status === 0;
}

// not below `datastores`: an event of the datastore need not ask a database far away again
export const schemas = (name: string) =>
  queryOptions({
    queryKey: ['datastore-schemas', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datastores/{name}/schemas', { params: { path: { name } }, signal })),
    staleTime: 60_000,
    retry,
  });

export function tables(name: string, schema: string) {
  const query = pages(['datastore-tables', name, schema], (cursor, signal) =>
    data(
      api().GET('/datastores/{name}/tables', {
        params: { path: { name }, query: { schema, limit: 500, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
  return { ...query, staleTime: 60_000, retry };
}

export const columns = (name: string, schema: string, table: string) =>
  queryOptions({
    queryKey: ['datastore-columns', name, schema, table],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datastores/{name}/columns', {
          params: { path: { name }, query: { schema, table } },
          signal,
        }),
      ),
    staleTime: 60_000,
    retry,
  });

export const rows = (name: string, schema: string, table: string) =>
  queryOptions({
    queryKey: ['datastore-rows', name, schema, table],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datastores/{name}/rows', {
          params: { path: { name }, query: { schema, table } },
          signal,
        }),
      ),
    staleTime: 10_000,
    retry,
  });

export const ask = (name: string, query: string): Promise<TableHead> =>
  data(api().POST('/datastores/{name}/query', { params: { path: { name } }, body: { query, limit: 100 } }));
