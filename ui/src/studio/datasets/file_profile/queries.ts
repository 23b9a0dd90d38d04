import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type FileProfile = components['schemas']['FileProfile'];

export const fileProfile = (name: string, version: number) =>
  queryOptions({
    queryKey: ['datasets', name, version, 'file-profile'],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/files/profile', {
          params: { path: { name, version: String(version) } },
          signal,
        }),
      ),
  });
