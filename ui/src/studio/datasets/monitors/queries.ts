import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Monitor = Schemas['Monitor'];
export type MonitorSettings = Schemas['MonitorSettings'];
export type MonitorCreate = Schemas['MonitorCreate'];
export type WindowResult = Schemas['WindowResult'];
export type Comparison = Schemas['Comparison'];
export type FeatureDrift = Schemas['FeatureDrift'];
export type Backfill = Schemas['Backfill'];
export type WindowPreview = Schemas['WindowPreview'];

export function monitors(dataset?: string) {
  return queryOptions({
    queryKey: ['monitors', 'list', dataset ?? ''],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/monitors', { params: { query: dataset ? { dataset } : {} }, signal })),
  });
}

export function monitor(name: string) {
  return queryOptions({
    queryKey: ['monitors', 'one', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/monitors/{monitor}', { params: { path: { monitor: name } }, signal })),
  });
}

export function windows(name: string) {
  return pages(['monitors', 'windows', name], (cursor, signal) =>
    data(
      api().GET('/datasets/monitors/{monitor}/windows', {
        params: { path: { monitor: name }, query: { limit: 400, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
}

export function comparison(name: string, window: WindowResult) {
  return queryOptions({
    // a window that is judged anew has another time: the old answer is not shown for it
    queryKey: ['monitors', 'window', name, window.start, window.updated_at],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/monitors/{monitor}/windows/{start}', {
          params: { path: { monitor: name, start: window.start } },
          signal,
        }),
      ),
    enabled: window.state === 'done' || window.state === 'too_few',
    staleTime: Infinity,
  });
}

export function trend(name: string, feature: string) {
  return queryOptions({
    queryKey: ['monitors', 'trend', name, feature],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/monitors/{monitor}/trend', {
          params: { path: { monitor: name }, query: { feature } },
          signal,
        }),
      ),
  });
}

const GOING_MS = 2000;

export function backfills(name: string) {
  return queryOptions({
    queryKey: ['monitors', 'backfills', name],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/monitors/{monitor}/backfills', { params: { path: { monitor: name } }, signal }),
      ),
    refetchInterval: (query) => (query.state.data?.some((one) => one.state === 'running') ? GOING_MS : false),
  });
}

export function settingsHistory(name: string) {
  return queryOptions({
    queryKey: ['monitors', 'settings', name],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/monitors/{monitor}/settings', { params: { path: { monitor: name } }, signal }),
      ),
  });
}

export function preview(asked: Schemas['PreviewRequest'] | null) {
  return queryOptions({
    queryKey: ['monitor-preview', asked],
    queryFn: ({ signal }) =>
      data(
        api().POST('/datasets/monitors/preview', {
          body: asked ?? { dataset: '', timestamp: '', frequency: 'day', zone: 'UTC', column_zone: 'UTC' },
          signal,
        }),
      ),
    enabled: asked !== null,
    staleTime: 60_000,
    placeholderData: (old) => old,
  });
}
