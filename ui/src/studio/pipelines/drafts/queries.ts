import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Draft = Schemas['Draft'];
export type DraftDetail = Schemas['DraftDetail'];
export type DraftSave = Schemas['DraftSave'];

// events of the noun `draft` renew the list

export const draftList = () =>
  pages<Draft>(['draft', 'list'], (cursor, signal) =>
    data(
      api().GET('/pipelines/drafts', {
        params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** The draft as it was when it was opened: what another changes meanwhile must not get into a form that is being filled in. */
export const draft = (name: string) =>
  queryOptions({
    queryKey: ['pipeline-draft', name],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/drafts/{name}', { params: { path: { name } }, signal })),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnReconnect: false,
  });

export function saveDraft(name: string, body: DraftSave) {
  return data(api().PUT('/pipelines/drafts/{name}', { params: { path: { name } }, body }));
}

export function deleteDraft(name: string) {
  return data(api().DELETE('/pipelines/drafts/{name}', { params: { path: { name } } }));
}
