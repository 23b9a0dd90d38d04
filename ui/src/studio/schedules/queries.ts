import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Schedule = Schemas['Schedule'];
export type ScheduleDetail = Schemas['ScheduleDetail'];
export type Firing = Schemas['Firing'];
export type Trigger = Schemas['TimesAsked']['trigger'];
export type Target = Schemas['ScheduleCreate']['target'];
export type Times = Schemas['Times'];

export const schedules = (name?: string) =>
  pages<Schedule>(['schedules', 'list', name ?? ''], (cursor, signal) =>
    data(
      api().GET('/schedules', {
        params: { query: { limit: 100, ...(cursor ? { cursor } : {}), ...(name ? { name } : {}) } },
        signal,
      }),
    ),
  );

export const schedule = (name: string) =>
  queryOptions({
    queryKey: ['schedules', 'one', name],
    queryFn: ({ signal }) => data(api().GET('/schedules/{name}', { params: { path: { name } }, signal })),
  });

export const firings = (name: string) =>
  pages<Firing>(['schedules', 'firings', name], (cursor, signal) =>
    data(
      api().GET('/schedules/{name}/firings', {
        params: { path: { name }, query: { limit: 100, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** The next times of a trigger that is being written. */
export const times = (trigger: Trigger) =>
  queryOptions({
    queryKey: ['schedule-times', trigger],
    queryFn: ({ signal }) => data(api().POST('/schedules/times', { body: { trigger, count: 5 }, signal })),
    staleTime: 30_000,
    retry: false,
  });

/** What runs when the like of a run is to run. */
export const targetOf = (runId: string) =>
  queryOptions({
    queryKey: ['schedule-target', runId],
    queryFn: async ({ signal }): Promise<{ name: string; pipeline: boolean; target: Target }> => {
      const path = { run_id: runId };
      const run = await data(api().GET('/experiments/runs/{run_id}', { params: { path }, signal }));
      if (run.kind === 'pipeline') {
        const spec = await data(api().GET('/pipelines/runs/{run_id}/spec', { params: { path }, signal }));
        return { name: run.name, pipeline: true, target: { kind: 'pipeline', spec } as Target };
      }
      if (run.kind === 'automl') {
        const found = await data(api().GET('/automl/runs/{run_id}', { params: { path }, signal }));
        return { name: run.name, pipeline: false, target: { kind: 'automl', spec: found.spec } };
      }
      const spec = await data(api().GET('/experiments/runs/{run_id}/spec', { params: { path }, signal }));
      return { name: run.name, pipeline: false, target: { kind: 'job', spec } as Target };
    },
    staleTime: Infinity,
  });

/** Names of datasets with a text in them, last changed first. */
export const datasetNames = (part: string) =>
  queryOptions({
    queryKey: ['datasets', 'names', part],
    queryFn: async ({ signal }) => {
      const found = await data(
        api().GET('/datasets', {
          params: { query: { limit: 50, ...(part ? { search: part } : {}) } },
          signal,
        }),
      );
      return found.items.map((one) => one.name);
    },
    placeholderData: (old) => old,
  });

/** Names of the datastores that hold files. */
export const storeNames = queryOptions({
  queryKey: ['datastores', 'names'],
  queryFn: async ({ signal }) => {
    const found = await data(api().GET('/datastores', { signal }));
    return found.filter((one) => one.family === 'files' && one.name !== 'workspace').map((one) => one.name);
  },
});
