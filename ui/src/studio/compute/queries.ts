import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Compute = components['schemas']['Compute'];
export type Holding = components['schemas']['Holding'];
export type Run = components['schemas']['Run'];

export const computes = queryOptions({
  queryKey: ['compute', 'list'],
  queryFn: ({ signal }) => data(api().GET('/compute', { signal })),
  refetchInterval: 3000, // load and memory have no events
});

export const waiting = queryOptions({
  queryKey: ['compute', 'waiting'],
  queryFn: async ({ signal }) => {
    const page = await data(
      api().GET('/experiments/runs', {
        params: { query: { state: ['Queued', 'Provisioning'], kind: [], limit: 200 } },
        signal,
      }),
    );
    // the order of the queue: urgent ones first, then first come, first served
    return page.items.reverse().sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  },
  refetchInterval: 3000,
});
