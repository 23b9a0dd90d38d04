import { queryOptions, skipToken } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Fetch = components['schemas']['Fetch'];
type Wanted = Pick<components['schemas']['FetchCreate'], 'address' | 'tracking_uri' | 'token'>;

const of = (name: string, runId: string) => ({ path: { name, run_id: runId } });

export function startFetch(name: string, wanted: Wanted): Promise<Fetch> {
  const body = { kind: 'auto' as const, description: '', requirements: '', example: '', ...wanted };
  return data(api().POST('/models/{name}/fetches', { params: { path: { name } }, body }));
}

export function cancelFetch(it: Fetch): Promise<Fetch> {
  return data(api().DELETE('/models/{name}/fetches/{run_id}', { params: of(it.name, it.run_id) }));
}

/** How far a fetch is; asked again until it has ended. */
export const fetchOf = (name: string, runId: string | undefined) =>
  queryOptions({
    queryKey: ['model-fetch', name, runId ?? ''],
    queryFn: runId
      ? ({ signal }) =>
          data(api().GET('/models/{name}/fetches/{run_id}', { params: of(name, runId), signal }))
      : skipToken,
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state === undefined || state === 'queued' || state === 'running' ? 700 : false;
    },
    retry: 1,
  });
