import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { apiUrl } from '@/kernel/workspace';
import type { LogSource } from '@/kit/log/useLog';

export type NodeLog = components['schemas']['NodeLog'];

/** Which logs of nodes there are; `compute` events refetch what begins with `compute`. */
export const nodeLogs = (name: string) =>
  queryOptions({
    queryKey: ['compute', 'node-logs', name],
    queryFn: ({ signal }) => data(api().GET('/compute/{name}/logs', { params: { path: { name } }, signal })),
  });

/** What the address names of the logs: a node, what is sought, a line. */
export interface LogSearch {
  node?: string | undefined;
  q?: string | undefined;
  line?: number | undefined;
}

/** The log of a node that is shown unless the address names another: that in which something happened last. */
export function shownFirst(logs: readonly NodeLog[]): string | undefined {
  const last = [...logs].sort((a, b) => (b.updated_at ?? '').localeCompare(a.updated_at ?? ''));
  return last[0]?.node;
}

export function ofNode(name: string, node: string): LogSource {
  const path = { name, node };
  return {
    missing: 'compute.no_node_log',
    read: (offset, numbered, signal) =>
      data(
        api().GET('/compute/{name}/logs/{node}', { params: { path, query: { offset, numbered } }, signal }),
      ),
    stream: (offset) => apiUrl(`/compute/${name}/logs/${node}/stream`, { offset }),
  };
}
