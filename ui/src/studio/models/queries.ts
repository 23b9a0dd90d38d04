import { queryOptions } from '@tanstack/react-query';
import { shortId } from '@/kernel/format';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { apiUrl } from '@/kernel/workspace';

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

/** version: its number, an alias, or `latest`. */
export const version = (name: string, version: string) =>
  queryOptions({
    queryKey: ['models', 'version', name, version],
    queryFn: ({ signal }) =>
      data(
        api().GET('/models/{name}/versions/{version}', {
          params: { path: { name, version } },
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

/** What the run that made a version is called; its id where it is gone. */
export const runLabel = (it: ModelVersion) => it.run_name ?? `run ${shortId(it.run_id ?? '')}`;

type Change = Partial<components['schemas']['Change']>;

export function changeVersion(it: ModelVersion, body: Change) {
  return data(
    api().PATCH('/models/{name}/versions/{version}', { params: ofVersion(it), body: { tags: {}, ...body } }),
  );
}

export type Scan = components['schemas']['Scan'];
export type ScanFinding = components['schemas']['ScanFinding'];
export type Verdict = Scan['verdict'];
export type Example = components['schemas']['Example'];
export type ComparedLine = components['schemas']['ComparedLine'];

export const scan = (it: ModelVersion) =>
  queryOptions({
    queryKey: ['models', 'scan', it.name, it.version],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/versions/{version}/scan', { params: ofVersion(it), signal })),
    retry: false,
  });

export function scanAgain(it: ModelVersion) {
  return data(api().POST('/models/{name}/versions/{version}/scan', { params: ofVersion(it) }));
}

/** The input example, null when the version brought none. */
export const example = (it: ModelVersion) =>
  queryOptions({
    queryKey: ['model-example', it.name, it.version], // never changes
    queryFn: async ({ signal, client }): Promise<Example | null> => {
      const stored = it.files ? await client.fetchQuery(files(it)) : [];
      if (!stored.some((file) => file.path.includes('example'))) return null; // asked for, it would be a 404
      try {
        return await data(
          api().GET('/models/{name}/versions/{version}/example', { params: ofVersion(it), signal }),
        );
      } catch (error) {
        if (Problem.from(error).status === 404) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });

/** Last metrics of the runs of the newest versions, by version number. */
export const measured = (name: string) =>
  queryOptions({
    queryKey: ['models', 'measured', name],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/metrics', { params: { path: { name } }, signal })),
  });

export const comparison = (name: string, v: string[]) =>
  queryOptions({
    queryKey: ['models', 'comparison', name, ...v],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/compare', { params: { path: { name }, query: { v } }, signal })),
  });

export function changeModel(name: string, body: Change) {
  return data(api().PATCH('/models/{name}', { params: { path: { name } }, body: { tags: {}, ...body } }));
}

export function fileUrl(it: ModelVersion, path: string): string {
  return apiUrl(`/models/${encodeURIComponent(it.name)}/versions/${it.version}/content`, { path });
}

export function zipUrl(it: ModelVersion): string {
  return apiUrl(`/models/${encodeURIComponent(it.name)}/versions/${it.version}/download`);
}

/** Names of the endpoints that hold a version. */
export function endpointsOf(it: ModelVersion | null | undefined): string[] {
  return (it?.used_by ?? []).flatMap((user) =>
    user.startsWith('endpoint:') ? [user.slice('endpoint:'.length)] : [],
  );
}
