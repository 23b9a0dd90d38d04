import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components, paths } from '@/kernel/schema';

// by its place in the API: models have a noun of this name too
export type VersionComparison =
  paths['/w/{workspace}/api/datasets/{name}/compare']['get']['responses'][200]['content']['application/json'];
export type FileChange = components['schemas']['FileChange'];
export type Retention = components['schemas']['Retention'];
type DatasetPatch = components['schemas']['DatasetPatch'];
type VersionPatch = components['schemas']['VersionPatch'];

const of = (name: string, version: number) => ({ path: { name, version: String(version) } });

export const deletedVersions = (name: string) =>
  queryOptions({
    queryKey: ['datasets', 'bin-versions', name],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions', {
          params: { path: { name }, query: { deleted: true } },
          signal,
        }),
      ),
  });

export const comparison = (name: string, left: number, right: number) =>
  queryOptions({
    queryKey: ['datasets', 'comparison', name, left, right],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/compare', { params: { path: { name }, query: { left, right } }, signal }),
      ),
  });

export const drift = (name: string, left: number, right: number) =>
  queryOptions({
    // not below `datasets`: what two profiles say of each other does not change with an event of the dataset
    queryKey: ['dataset-drift', name, left, right],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/drift', {
          params: { ...of(name, right), query: { baseline: `${name}:${left}` } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });

export type Change = FileChange['change'];

export const changedFiles = (name: string, left: number, right: number, change: Change | undefined) =>
  pages(['datasets', 'compared-files', name, left, right, change ?? ''], (cursor, signal) =>
    data(
      api().GET('/datasets/{name}/compare/files', {
        params: {
          path: { name },
          query: { left, right, limit: 200, ...(change ? { change } : {}), ...(cursor ? { cursor } : {}) },
        },
        signal,
      }),
    ),
  );

export const changeDataset = (name: string, body: DatasetPatch) =>
  data(api().PATCH('/datasets/{name}', { params: { path: { name } }, body }));

export const changeVersion = (name: string, version: number, body: VersionPatch) =>
  data(api().PATCH('/datasets/{name}/versions/{version}', { params: of(name, version), body }));

export const deleteVersion = (name: string, version: number) =>
  api().DELETE('/datasets/{name}/versions/{version}', { params: of(name, version) });

export const restoreVersion = (name: string, version: number) =>
  data(api().POST('/datasets/{name}/versions/{version}/restore', { params: of(name, version) }));

export const deleteDataset = (name: string) =>
  api().DELETE('/datasets/{name}', { params: { path: { name } } });

export const restoreDataset = (name: string) =>
  data(api().POST('/datasets/{name}/restore', { params: { path: { name } } }));
