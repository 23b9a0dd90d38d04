import { queryOptions } from '@tanstack/react-query';
import { duration } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Cluster = components['schemas']['Cluster'];
export type ClusterCreate = components['schemas']['ClusterCreate'];
export type ClusterNode = components['schemas']['Node'];
export type ClusterUsage = components['schemas']['ClusterUsage'];

// `run` and `compute` events refetch what begins with `compute`; hours grow without any
export const clusters = queryOptions({
  queryKey: ['compute', 'clusters'],
  queryFn: ({ signal }) => data(api().GET('/compute/clusters', { signal })),
  refetchInterval: 5000,
});

export const cluster = (name: string) =>
  queryOptions({
    queryKey: ['compute', 'clusters', name],
    queryFn: ({ signal }) =>
      data(api().GET('/compute/clusters/{name}', { params: { path: { name } }, signal })),
    refetchInterval: 3000,
  });

export const usage = (name: string, days: number) =>
  queryOptions({
    queryKey: ['compute', 'clusters', name, 'usage', days],
    queryFn: ({ signal }) =>
      data(
        api().GET('/compute/clusters/{name}/usage', { params: { path: { name }, query: { days } }, signal }),
      ),
  });

/** The secrets of the vault, of which one is the key of nodes; `secret` events refetch what begins with `secrets`. */
export const keys = queryOptions({
  queryKey: ['secrets', 'of nodes'],
  queryFn: ({ signal }) =>
    data(api().GET('/workspace/secrets', { params: { query: { deleted: false } }, signal })),
});

/** Money without a currency, which is the owner's choice. */
export function money(value: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: value < 1 ? 4 : 2,
  });
}

/** Hours, as minutes and seconds where they would all look alike. */
export function hours(value: number): string {
  if (value > 0 && value < 0.1) return duration(value * 3600);
  return `${value.toLocaleString('en-US', { maximumFractionDigits: value < 10 ? 2 : 0 })} h`;
}
