import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Machine = components['schemas']['Machine'];
export type MachineCheck = components['schemas']['MachineCheck'];
export type MachineCreate = components['schemas']['MachineCreate'];
export type MachineKind = components['schemas']['MachineKind'];
export type MachineNode = components['schemas']['MachineNode'];

export const kinds = queryOptions({
  queryKey: ['compute', 'kinds'],
  queryFn: ({ signal }) => data(api().GET('/compute/kinds', { signal })),
  staleTime: Infinity,
});

/** The nodes of a machine that has some: it is asked itself, so an answer takes a moment. */
export const nodes = (name: string) =>
  queryOptions({
    queryKey: ['compute', 'machines', name, 'nodes'],
    queryFn: ({ signal }) =>
      data(api().GET('/compute/machines/{name}/nodes', { params: { path: { name } }, signal })),
    refetchInterval: 15_000,
    retry: false,
  });

export const machines = queryOptions({
  queryKey: ['compute', 'machines'],
  queryFn: ({ signal }) => data(api().GET('/compute/machines', { signal })),
  refetchInterval: 5000,
});

export const machine = (name: string) =>
  queryOptions({
    queryKey: ['compute', 'machines', name],
    queryFn: ({ signal }) =>
      data(api().GET('/compute/machines/{name}', { params: { path: { name } }, signal })),
    refetchInterval: 3000,
  });
