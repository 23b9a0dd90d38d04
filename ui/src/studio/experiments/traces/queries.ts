import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type TraceSummary = components['schemas']['TraceSummary'];
export type Trace = components['schemas']['Trace'];
export type Span = components['schemas']['Span'];

export interface Wanted {
  experiment?: string | undefined;
  run?: string | undefined;
  q?: string | undefined;
  filter?: string | undefined;
  sort?: string | undefined;
}

// the grid's columns → what MLflow calls them in order_by
const ORDER: Record<string, string> = {
  started: 'timestamp_ms',
  duration: 'execution_time_ms',
  name: 'name',
  state: 'status',
  tokens: 'total_tokens',
};

export function orderOf(sort: string | undefined): string[] {
  return (sort ?? '')
    .split(',')
    .map((part) => [part.replace(/^-/, ''), part.startsWith('-')] as const)
    .flatMap(([id, down]) => (ORDER[id] ? [`${ORDER[id]} ${down ? 'DESC' : 'ASC'}`] : []));
}

export const traces = (wanted: Wanted) =>
  pages(['experiments', 'traces', wanted], (cursor, signal) =>
    data(
      api().POST('/experiments/traces/search', {
        body: {
          experiment: wanted.experiment ?? null,
          run_id: wanted.run ?? null,
          text: wanted.q ?? '',
          filter: wanted.filter ?? '',
          order_by: orderOf(wanted.sort),
          cursor: cursor ?? null,
          limit: 100,
        },
        signal,
      }),
    ),
  );

export const trace = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'trace', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/traces/{trace_id}', { params: { path: { trace_id: id } }, signal })),
    // spans of a trace that goes on arrive one by one
    refetchInterval: (query) => (query.state.data?.state === 'IN_PROGRESS' ? 2000 : false),
  });

const PIECE = 1000;

/** Delete traces for good; they are asked for by the thousand. */
export async function deleteTraces(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += PIECE)
    await api().POST('/experiments/traces/delete', { body: { ids: ids.slice(from, from + PIECE) } });
}

export function changeTrace(id: string, tags: Record<string, string | null>): Promise<Trace> {
  return data(
    api().PATCH('/experiments/traces/{trace_id}', { params: { path: { trace_id: id } }, body: { tags } }),
  );
}
