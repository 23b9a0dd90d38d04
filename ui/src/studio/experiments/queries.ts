import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { isOver } from '@/kit/status';

export type Run = components['schemas']['Run'];

export const PAGE = 100;

export function runById(id: string, signal?: AbortSignal): Promise<Run> {
  return data(
    api().GET('/experiments/runs/{run_id}', {
      params: { path: { run_id: id } },
      ...(signal ? { signal } : {}),
    }),
  );
}

// A running job writes metrics and progress without an event for each; ask now and then while it runs.
const LIVE_MS = 2000;
export const whileRunning = (run: Run | undefined) => (run && !isOver(run.state) ? LIVE_MS : false);

export const run = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'run', id],
    queryFn: ({ signal }) => runById(id, signal),
    refetchInterval: (query) => whileRunning(query.state.data),
  });

export const runSpec = (id: string) =>
  queryOptions({
    queryKey: ['experiments-spec', id], // never changes: outside the slice's live key
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/spec', { params: { path: { run_id: id } }, signal })),
    staleTime: Infinity,
  });

/** What a run has cost on a cluster so far. */
export const runCost = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'cost', id],
    queryFn: ({ signal }) =>
      data(api().GET('/compute/costs/{run_id}', { params: { path: { run_id: id } }, signal })),
  });

export const runChildren = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['experiments', 'children', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/children', { params: { path: { run_id: id } }, signal })),
    refetchInterval: live ? LIVE_MS : false,
  });

export const runDocuments = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'documents', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/documents', { params: { path: { run_id: id } }, signal })),
  });

export const runDocument = (id: string, name: string) =>
  queryOptions({
    queryKey: ['experiments', 'document', id, name],
    queryFn: async ({ signal }) =>
      (
        await api().GET('/experiments/runs/{run_id}/documents/{name}', {
          params: { path: { run_id: id, name } },
          signal,
        })
      ).data as unknown,
  });

export function cancelRun(id: string): Promise<Run> {
  return data(api().POST('/experiments/runs/{run_id}/cancel', { params: { path: { run_id: id } } }));
}

export type Metric = components['schemas']['Metric'];
export type RunOverview = components['schemas']['RunOverview'];
export type RunRecord = components['schemas']['RunRecord'];
export type Edge = components['schemas']['Edge'];

export const overviewOf = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'overview', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/overview', { params: { path: { run_id: id } }, signal })),
  });

export const runOverview = (run: Run) =>
  queryOptions({ ...overviewOf(run.id), refetchInterval: whileRunning(run) });

export type OutputState = components['schemas']['OutputState'];

export const runOutputs = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'outputs', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/outputs', { params: { path: { run_id: id } }, signal })),
  });

export const runLineage = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'lineage', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/lineage', { params: { path: { run_id: id } }, signal })),
  });

/** What some runs recorded, for the columns of a table. */
export const recordsOf = (ids: readonly string[], live: boolean) =>
  queryOptions({
    queryKey: ['run-records', ids],
    queryFn: ({ signal }) =>
      data(
        api().POST('/experiments/search', {
          body: {
            experiments: [],
            filter: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
            order_by: [],
            lifecycle: 'active',
            top_level: false,
            children: false,
            skip: 0,
            limit: 1000,
          },
          signal,
        }),
      ),
    refetchInterval: live ? 4000 : false,
    staleTime: 5_000,
  });
