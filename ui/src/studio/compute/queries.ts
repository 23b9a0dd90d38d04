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
    // the order of the queue, which the studio knows: accounts take turns; what gets its node has no place any more
    return page.items.reverse().sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  },
  refetchInterval: 3000,
});
