import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { ChartQuery, Condition, Place, RowsQuery } from './types';

export const BLOCK = 200; // rows asked for at once
const AGAIN_MS = 500; // an order that is being computed is asked for again

export function address(place: Place): string {
  return 'result' in place ? `result ${place.result}` : `${place.name}:${place.version}`;
}

function rowsOf(place: Place, body: RowsQuery, signal: AbortSignal) {
  return 'result' in place
    ? data(
        api().POST('/datasets/sql/results/{result}/rows', {
          params: { path: { result: place.result } },
          body,
          signal,
        }),
      )
    : data(
        api().POST('/datasets/{name}/versions/{version}/rows', {
          params: { path: { name: place.name, version: String(place.version) } },
          body,
          signal,
        }),
      );
}

export interface Look {
  filter: Condition[];
  sort: string[];
}

/** A block of rows with some columns. A version never changes: what came once stays. */
export function rows(place: Place, look: Look, columns: string[], offset: number) {
  return queryOptions({
    queryKey: ['explore-rows', address(place), look, columns, offset],
    queryFn: ({ signal }) => rowsOf(place, { ...look, columns, offset, limit: BLOCK, wait: 2 }, signal),
    staleTime: Infinity,
    gcTime: 120_000,
    refetchInterval: (query) => (query.state.data && query.state.data.state !== 'ready' ? AGAIN_MS : false),
  });
}

export function summaries(
  place: Place,
  filter: Condition[],
  columns: string[],
  ranges: Record<string, [number, number]> = {},
) {
  const body = { filter, sort: [], columns, ranges, bins: 24 };
  return queryOptions({
    queryKey: ['explore-summaries', address(place), filter, columns, ranges],
    queryFn: ({ signal }) =>
      'result' in place
        ? data(
            api().POST('/datasets/sql/results/{result}/summaries', {
              params: { path: { result: place.result } },
              body,
              signal,
            }),
          )
        : data(
            api().POST('/datasets/{name}/versions/{version}/summaries', {
              params: { path: { name: place.name, version: String(place.version) } },
              body,
              signal,
            }),
          ),
    staleTime: Infinity,
    // other columns of the same rows stand until these come; those of other rows would tell what is not so
    placeholderData: (old, query) =>
      JSON.stringify(query?.queryKey[2]) === JSON.stringify(filter) ? old : undefined,
    enabled: columns.length > 0,
    refetchInterval: (query) => (query.state.data && query.state.data.state !== 'ready' ? 1000 : false),
  });
}

export function cell(place: Place, number: number, column: string) {
  const body = { number, column };
  return queryOptions({
    queryKey: ['explore-cell', address(place), number, column],
    queryFn: ({ signal }) =>
      'result' in place
        ? data(
            api().POST('/datasets/sql/results/{result}/cell', {
              params: { path: { result: place.result } },
              body,
              signal,
            }),
          )
        : data(
            api().POST('/datasets/{name}/versions/{version}/cell', {
              params: { path: { name: place.name, version: String(place.version) } },
              body,
              signal,
            }),
          ),
    staleTime: Infinity,
  });
}

export function chart(place: Place, body: ChartQuery) {
  return queryOptions({
    queryKey: ['explore-chart', address(place), body],
    queryFn: ({ signal }) =>
      'result' in place
        ? data(
            api().POST('/datasets/sql/results/{result}/chart', {
              params: { path: { result: place.result } },
              body,
              signal,
            }),
          )
        : data(
            api().POST('/datasets/{name}/versions/{version}/chart', {
              params: { path: { name: place.name, version: String(place.version) } },
              body,
              signal,
            }),
          ),
    staleTime: Infinity,
  });
}
