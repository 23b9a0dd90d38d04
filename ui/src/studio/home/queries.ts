import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';

const RECENT = 6;
const LIVE_MS = 2000;

export const running = queryOptions({
  queryKey: ['experiments', 'home', 'live'],
  queryFn: ({ signal }) =>
    data(
      api().GET('/experiments/runs', {
        params: { query: { live: true, top_level: true, limit: 20 } },
        signal,
      }),
    ),
  // progress comes without events; ask only while something runs
  refetchInterval: (query) => (query.state.data?.items.length ? LIVE_MS : false),
});

export const recentRuns = queryOptions({
  queryKey: ['experiments', 'home', 'recent'],
  queryFn: ({ signal }) =>
    data(api().GET('/experiments/runs', { params: { query: { top_level: true, limit: RECENT } }, signal })),
});

export const recentDatasets = queryOptions({
  queryKey: ['datasets', 'home'],
  queryFn: ({ signal }) => data(api().GET('/datasets', { params: { query: { limit: RECENT } }, signal })),
});

export const recentModels = queryOptions({
  queryKey: ['models', 'home'],
  queryFn: ({ signal }) => data(api().GET('/models', { params: { query: { limit: RECENT } }, signal })),
});
