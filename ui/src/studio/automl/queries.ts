import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { Charts } from './documents';

const LIVE_MS = 1500; // a job reports scores and progress without an event for each

const live = (running: boolean) => (running ? LIVE_MS : (false as const));

export function list() {
  return pages(['automl', 'list'], (cursor, signal) =>
    data(
      api().GET('/automl/runs', { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } }, signal }),
    ),
  );
}

export function run(id: string, running: (state: string) => boolean) {
  return queryOptions({
    queryKey: ['automl', 'run', id],
    queryFn: ({ signal }) =>
      data(api().GET('/automl/runs/{run_id}', { params: { path: { run_id: id } }, signal })),
    refetchInterval: (query) => {
      const found = query.state.data;
      if (!found) return false;
      // the model is registered shortly after the run ends
      const settling = found.run.state === 'Completed' && !found.model && !found.model_error;
      return live(running(found.run.state) || settling);
    },
  });
}

export function leaderboard(id: string, running: boolean) {
  return queryOptions({
    queryKey: ['automl', 'leaderboard', id],
    queryFn: ({ signal }) =>
      data(api().GET('/automl/runs/{run_id}/leaderboard', { params: { path: { run_id: id } }, signal })),
    refetchInterval: live(running),
  });
}

export function guardrails(id: string, running: boolean) {
  return queryOptions({
    queryKey: ['automl', 'guardrails', id],
    queryFn: ({ signal }) =>
      data(api().GET('/automl/runs/{run_id}/guardrails', { params: { path: { run_id: id } }, signal })),
    refetchInterval: (query) => live(running && !query.state.data?.length),
  });
}

export function columns(id: string) {
  return queryOptions({
    queryKey: ['automl', 'columns', id],
    queryFn: async ({ signal }) =>
      (await api().GET('/automl/runs/{run_id}/columns', { params: { path: { run_id: id } }, signal })).data ??
      null,
  });
}

export function importance(id: string, running: boolean) {
  return queryOptions({
    queryKey: ['automl', 'importance', id],
    queryFn: async ({ signal }) =>
      (await api().GET('/automl/runs/{run_id}/importance', { params: { path: { run_id: id } }, signal }))
        .data ?? null,
    refetchInterval: (query) => live(running && !query.state.data),
  });
}

export function charts(id: string, child: string) {
  return queryOptions({
    queryKey: ['automl-charts', id, child], // never changes once written
    queryFn: async ({ signal }) =>
      (await data(
        api().GET('/automl/runs/{run_id}/charts/{child}', {
          params: { path: { run_id: id, child } },
          signal,
        }),
      )) as unknown as Charts,
    staleTime: Infinity,
  });
}

export const options = queryOptions({
  queryKey: ['automl-options'],
  queryFn: ({ signal }) => data(api().GET('/automl/options', { signal })),
  staleTime: 5 * 60_000,
});

export const datasets = queryOptions({
  queryKey: ['datasets', 'choices'],
  queryFn: ({ signal }) => data(api().GET('/datasets', { params: { query: { limit: 500 } }, signal })),
});

/** A dataset version by its reference: `titanic` (the newest) or `titanic:1`. */
export function datasetVersion(reference: string) {
  const [name = '', version = 'latest'] = reference.split(':');
  return queryOptions({
    queryKey: ['datasets', 'version', { name, version }],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}', { params: { path: { name, version } }, signal })),
  });
}

/** The splits that are recorded with a version. */
export function datasetSplits(reference: string) {
  const [name = '', version = 'latest'] = reference.split(':');
  return queryOptions({
    queryKey: ['datasets', 'splits', { name, version }],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/splits', {
          params: { path: { name, version } },
          signal,
        }),
      ),
  });
}

export function datasetProfile(reference: string, ready: boolean) {
  const [name = '', version = 'latest'] = reference.split(':');
  return queryOptions({
    queryKey: ['datasets', 'profile', { name, version }],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/profile', {
          params: { path: { name, version } },
          signal,
        }),
      ),
    enabled: ready,
    staleTime: 60_000,
  });
}
