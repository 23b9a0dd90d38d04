import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Experiment = components['schemas']['ExperimentSummary'];
const PAGE = 1000;
const MOST = 5000; // of which names are kept here; more are found by the search

/** Experiments with the number of their runs, newest first. */
export const experimentList = (lifecycle: 'active' | 'deleted') =>
  queryOptions({
    queryKey: ['experiments', 'summaries', lifecycle],
    queryFn: async ({ signal }) => {
      const found: Experiment[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: PAGE, lifecycle, ...(cursor ? { cursor } : {}) };
        const page = await data(api().GET('/experiments', { params: { query }, signal }));
        found.push(...page.items);
        cursor = page.next ?? undefined;
      } while (cursor && found.length < MOST);
      return found;
    },
    staleTime: 10_000,
  });

export const createExperiment = (name: string) => data(api().POST('/experiments', { body: { name } }));
export const renameExperiment = (id: string, name: string) =>
  data(
    api().PATCH('/experiments/{experiment_id}', { params: { path: { experiment_id: id } }, body: { name } }),
  );
export const deleteExperiment = (id: string) =>
  api().DELETE('/experiments/{experiment_id}', { params: { path: { experiment_id: id } } });
export const restoreExperiment = (id: string) =>
  data(api().POST('/experiments/{experiment_id}/restore', { params: { path: { experiment_id: id } } }));
