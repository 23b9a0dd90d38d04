import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Model = components['schemas']['Model'];
export type ModelVersion = components['schemas']['ModelVersion'];
export type ModelFile = components['schemas']['ModelFile'];

export const list = (search: string | undefined) =>
  pages(['models', 'list', search ?? ''], (cursor, signal) =>
    data(
      api().GET('/models', {
        params: { query: { limit: 200, ...(search ? { search } : {}), ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const model = (name: string) =>
  queryOptions({
    queryKey: ['models', 'one', name],
    queryFn: ({ signal }) => data(api().GET('/models/{name}', { params: { path: { name } }, signal })),
  });

export const versions = (name: string) =>
  queryOptions({
    queryKey: ['models', 'versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/versions', { params: { path: { name } }, signal })),
  });

export const version = (name: string, number: number | undefined) =>
  queryOptions({
    queryKey: ['models', 'version', name, number ?? 'latest'],
    queryFn: ({ signal }) =>
      data(
        api().GET('/models/{name}/versions/{version}', {
          params: { path: { name, version: String(number ?? 'latest') } },
          signal,
        }),
      ),
  });

const ofVersion = (it: ModelVersion) => ({ path: { name: it.name, version: String(it.version) } });

export const files = (it: ModelVersion) =>
  queryOptions({
    queryKey: ['model-files', it.name, it.version], // never change
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/versions/{version}/files', { params: ofVersion(it), signal })),
    staleTime: 60_000,
  });

export const lineage = (it: ModelVersion) =>
  queryOptions({
    queryKey: ['models', 'lineage', it.name, it.version],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/versions/{version}/lineage', { params: ofVersion(it), signal })),
  });

/** Metrics of the run that made the model; null when the run is gone. */
export const runMetrics = (runId: string) =>
  queryOptions({
    queryKey: ['experiments', 'metrics-of', runId],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/overview', { params: { path: { run_id: runId } }, signal })),
    retry: false,
  });

export function changeVersion(it: ModelVersion, body: components['schemas']['Change']) {
  return data(api().PATCH('/models/{name}/versions/{version}', { params: ofVersion(it), body }));
}
