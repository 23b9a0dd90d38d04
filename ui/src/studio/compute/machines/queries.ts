import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Machine = components['schemas']['Machine'];
export type MachineCheck = components['schemas']['MachineCheck'];
export type MachineCreate = components['schemas']['MachineCreate'];

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
