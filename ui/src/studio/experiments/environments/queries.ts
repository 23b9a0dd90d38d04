import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { at } from '@/kernel/workspace';

export type EnvironmentVersion = components['schemas']['EnvironmentVersion'];
export type EnvironmentDetail = components['schemas']['EnvironmentDetail'];

/** The page of what a list shows; without a version it shows the newest that is not archived. */
export const pageOf = (it: Pick<EnvironmentVersion, 'name' | 'version' | 'archived'>) =>
  at(['experiments', 'environments', it.name], it.archived ? { version: it.version } : {});

export const environments = (archived = false) =>
  queryOptions({
    queryKey: ['environments', 'list', archived],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/environments', { params: { query: { archived } }, signal })),
  });

export const environment = (name: string, version: number | undefined) =>
  queryOptions({
    queryKey: ['environments', 'one', name, version],
    queryFn: ({ signal }) =>
      data(
        api().GET('/experiments/environments/{name}', {
          params: { path: { name }, query: { version: version ?? null } },
          signal,
        }),
      ),
  });

export const environmentVersions = (name: string) =>
  queryOptions({
    queryKey: ['environments', 'versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/environments/{name}/versions', { params: { path: { name } }, signal })),
  });

/** What environments and uv's cache take of the disk; looked at every ten minutes. */
export const space = queryOptions({
  queryKey: ['environments', 'space'],
  queryFn: ({ signal }) => data(api().GET('/experiments/environment-space', { signal })),
});

export const recipes = queryOptions({
  queryKey: ['environments', 'recipes'],
  queryFn: ({ signal }) => data(api().GET('/experiments/environment-recipes', { signal })),
  staleTime: Infinity,
});
