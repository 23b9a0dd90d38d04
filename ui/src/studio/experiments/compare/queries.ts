import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { queries } from '@/kernel/query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { MOST_RUNS } from './link';
import type { Over, Statistic } from './search';

export type CodeComparison = components['schemas']['CodeComparison'];
export type FileTable = components['schemas']['FileTable'];
export type FileDiff = components['schemas']['FileDiff'];

const KEPT_MS = 60_000;

export function keepSelection(run_ids: string[]) {
  return data(api().POST('/experiments/compare/selections', { body: { run_ids } }));
}

/** Runs by their ids, or by the name of a stored set of them. */
export type Compared = { run_ids: string[] } | { selection: string };

/** Which runs an address names, null for none; what is more than the most is left out. */
export function comparedIn(runs: readonly string[] | undefined, set: string | undefined): Compared | null {
  const run_ids = [...new Set(runs)].slice(0, MOST_RUNS);
  return run_ids.length > 0 ? { run_ids } : set && !runs ? { selection: set } : null;
}

/** What runs recorded, with one value of each metric. While one of them goes on it is asked for again now and then. */
export const comparison = (wanted: Compared | null, statistic: Statistic) =>
  queryOptions({
    queryKey: ['compare', wanted, statistic],
    queryFn: async ({ signal }) => {
      const body = { run_ids: [], ...wanted, system_tags: false, statistic };
      return { ...(await data(api().POST('/experiments/compare', { body, signal }))), statistic };
    },
    enabled: wanted !== null,
    placeholderData: keepPreviousData,
    staleTime: KEPT_MS,
    refetchInterval: (query) => (query.state.data?.runs.some((run) => !isEnded(run.state)) ? 5000 : false),
  });

/** Ask for what the page will ask for, before it is there; what fails is asked again by the page, which says so. */
export function warm(
  runs: readonly string[] | undefined,
  set: string | undefined,
  statistic: Statistic,
): void {
  const wanted = comparedIn(runs, set);
  if (wanted) void queries.prefetchQuery(comparison(wanted, statistic));
}

/** A set that was given a name holds what its ids were answered with. */
export function renamed(run_ids: string[], selection: string, statistic: Statistic): void {
  const known = queries.getQueryData(comparison({ run_ids }, statistic).queryKey);
  if (known) queries.setQueryData(comparison({ selection }, statistic).queryKey, known);
}

const ENDED = new Set(['Completed', 'Failed', 'Canceled', 'Lost', 'Reused', 'Skipped']);
const isEnded = (state: string) => ENDED.has(state);

export const comparedCode = (run_ids: string[]) =>
  queryOptions({
    queryKey: ['compare-code', run_ids],
    queryFn: ({ signal }) => data(api().POST('/experiments/compare/code', { body: { run_ids }, signal })),
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });

export const comparedFiles = (run_ids: string[]) =>
  queryOptions({
    queryKey: ['compare-files', run_ids],
    queryFn: ({ signal }) =>
      data(api().POST('/experiments/compare/artifacts', { body: { run_ids }, signal })),
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
  });

export const fileDiff = (first: string, second: string, path: string) =>
  queryOptions({
    queryKey: ['compare-diff', first, second, path],
    queryFn: ({ signal }) =>
      data(api().POST('/experiments/compare/diff', { body: { run_ids: [first, second], path }, signal })),
    staleTime: KEPT_MS,
  });

export type Range = readonly [number, number] | null;

/** One metric of many runs as curves; fewer points each when the runs are many. */
export const curvesOf = (run_ids: string[], name: string, over: Over, range: Range, live: boolean) =>
  queryOptions({
    queryKey: ['compare-curves', run_ids, name, over, range],
    queryFn: ({ signal }) =>
      data(
        api().POST('/experiments/curves', {
          body: {
            run_ids,
            metrics: [name],
            x: over,
            low: range?.[0] ?? null,
            high: range?.[1] ?? null,
            points: run_ids.length > 120 ? 100 : run_ids.length > 60 ? 150 : run_ids.length > 15 ? 300 : 600,
            brief: true,
          },
          signal,
        }),
      ),
    enabled: run_ids.length > 0,
    staleTime: KEPT_MS,
    placeholderData: keepPreviousData,
    refetchInterval: live ? 5000 : false,
  });

/** Runs whose name has a text in it, newest first, to choose from. */
export const runsNamed = (name: string) =>
  queryOptions({
    queryKey: ['compare-find', name],
    queryFn: ({ signal }) =>
      data(
        api().POST('/experiments/search', {
          body: {
            experiments: [],
            filter: name ? `attributes.run_name ILIKE '%${name.replaceAll("'", '')}%'` : '',
            order_by: ['attributes.start_time DESC'],
            lifecycle: 'active',
            limit: 50,
            skip: 0,
            children: false,
            top_level: false,
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 5_000,
  });
