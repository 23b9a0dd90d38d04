import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { Model, ModelVersion } from './queries';

/** Models in the bin, the last deleted first. */
export const deletedModels = (search: string | undefined) =>
  pages(['models', 'bin', search ?? ''], (cursor, signal) =>
    data(
      api().GET('/models', {
        params: {
          query: { deleted: true, limit: 200, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) },
        },
        signal,
      }),
    ),
  );

export const deletedVersions = (name: string) =>
  queryOptions({
    queryKey: ['models', 'bin-versions', name],
    queryFn: ({ signal }) =>
      data(
        api().GET('/models/{name}/versions', {
          params: { path: { name }, query: { deleted: true } },
          signal,
        }),
      ),
  });

export const deleteModel = (name: string) => api().DELETE('/models/{name}', { params: { path: { name } } });

export const deleteVersion = (it: Pick<ModelVersion, 'name' | 'version'>) =>
  api().DELETE('/models/{name}/versions/{version}', {
    params: { path: { name: it.name, version: it.version } },
  });

export function restoreModel(it: Pick<Model, 'name' | 'bin_id'>, newName?: string) {
  return data(
    api().POST('/models/{name}/restore', {
      params: { path: { name: it.name } },
      body: { id: it.bin_id ?? null, new_name: newName ?? null },
    }),
  );
}

export function restoreVersion(it: Pick<ModelVersion, 'name' | 'version'>) {
  return data(
    api().POST('/models/{name}/versions/{version}/restore', {
      params: { path: { name: it.name, version: it.version } },
    }),
  );
}
