import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';

export function snippets(name: string, number: number) {
  const path = { name, version: String(number) };
  return queryOptions({
    queryKey: ['datasets', 'snippets', path],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}/snippets', { params: { path }, signal })),
    staleTime: 60_000,
  });
}

export function splits(name: string, number: number) {
  const path = { name, version: String(number) };
  return queryOptions({
    queryKey: ['datasets', 'splits', path],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/versions/{version}/splits', { params: { path }, signal })),
  });
}
