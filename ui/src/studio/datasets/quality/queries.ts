import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Quality = Schemas['Quality'];
export type Rule = Quality['rules'] extends (infer R)[] | undefined ? R : never;
export type Check = Schemas['Check'];
export type CheckReport = Schemas['CheckReport'];
export type RuleResult = Schemas['RuleResult'];

// below `datasets`: events of the dataset refresh them
export function quality(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'quality', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/quality', { params: { path: { name } }, signal })),
  });
}

export function checks(name: string) {
  return pages(['datasets', 'quality-checks', name], (cursor, signal) =>
    data(
      api().GET('/datasets/{name}/quality/checks', {
        params: { path: { name }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
}

export function report(name: string, id: string) {
  return queryOptions({
    queryKey: ['datasets', 'quality-report', name, id],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/quality/checks/{id}', { params: { path: { name, id } }, signal })),
  });
}

export function suggestions(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'quality-suggestions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/datasets/{name}/quality/suggestions', { params: { path: { name } }, signal })),
    retry: false,
  });
}

export function rulesText(name: string) {
  return queryOptions({
    queryKey: ['datasets', 'quality-yaml', name],
    queryFn: ({ signal }) =>
      data(
        api().GET('/datasets/{name}/quality/rules.yaml', {
          params: { path: { name } },
          parseAs: 'text',
          signal,
        }),
      ) as Promise<string>,
  });
}
