import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Published = Schemas['Published'];
export type PublishedDetail = Schemas['PublishedDetail'];
export type PublishedRun = Schemas['PublishedRun'];
export type PublishedVersion = Schemas['PublishedVersion'];
export type MadeKey = Schemas['MadeKey'];

// events of the noun `published` renew what follows

export const publishedList = () =>
  pages<Published>(['published', 'list'], (cursor, signal) =>
    data(
      api().GET('/pipelines/published', {
        params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const published = (name: string) =>
  queryOptions({
    queryKey: ['published', 'one', name],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/published/{name}', { params: { path: { name } }, signal })),
  });

export const publishedRuns = (name: string) =>
  pages<PublishedRun>(['experiments', 'published-runs', name], (cursor, signal) =>
    data(
      api().GET('/pipelines/published/{name}/runs', {
        params: { path: { name }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

/** Publish the like of a run. */
export async function publishRun(runId: string, name: string, note: string) {
  const spec = await data(
    api().GET('/pipelines/runs/{run_id}/spec', { params: { path: { run_id: runId } } }),
  );
  return data(
    api().POST('/pipelines/published', { body: { name, spec: spec as never, note, default: true } }),
  );
}
