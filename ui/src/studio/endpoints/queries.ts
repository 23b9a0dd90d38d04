import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data, problemOf } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Endpoint = components['schemas']['Endpoint'];
export type Deployment = components['schemas']['Deployment'];
export type Sample = components['schemas']['EndpointSample'];
export type Stats = components['schemas']['EndpointStats'];
export type NewKey = components['schemas']['NewKey'];

export const ON_ITS_WAY = ['Queued', 'Starting', 'Restarting', 'Stopping'];

export function moving(endpoint: Endpoint | undefined): boolean {
  if (!endpoint) return false;
  return (
    endpoint.state === 'Deploying' ||
    endpoint.state === 'Deleting' ||
    ON_ITS_WAY.includes(endpoint.latest?.state ?? '')
  );
}

export const list = pages(['endpoints', 'list'], (cursor, signal) =>
  data(api().GET('/endpoints', { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } }, signal })),
);

export const endpoint = (name: string) =>
  queryOptions({
    queryKey: ['endpoints', 'one', name],
    queryFn: ({ signal }) =>
      data(api().GET('/endpoints/{name}', { params: { path: { name } }, signal })) as Promise<Endpoint>,
    refetchInterval: (query) => (moving(query.state.data) ? 700 : false),
  });

export const deployments = (name: string) =>
  queryOptions({
    queryKey: ['endpoints', 'deployments', name],
    queryFn: ({ signal }) =>
      data(api().GET('/endpoints/{name}/deployments', { params: { path: { name } }, signal })) as Promise<
        Deployment[]
      >,
  });

export const keys = (name: string) =>
  queryOptions({
    queryKey: ['endpoints', 'keys', name],
    queryFn: ({ signal }) =>
      data(api().GET('/endpoints/{name}/keys', { params: { path: { name } }, signal })),
  });

export const sample = (name: string, live: number | undefined) =>
  queryOptions({
    queryKey: ['endpoint-sample', name, live], // of a deployment; it never changes
    queryFn: ({ signal }) =>
      data(api().GET('/endpoints/{name}/sample', { params: { path: { name } }, signal })) as Promise<Sample>,
    staleTime: Infinity,
  });

export const stats = (name: string, over: number) =>
  queryOptions({
    queryKey: ['endpoints', 'stats', name, over],
    queryFn: ({ signal }) =>
      data(
        api().GET('/endpoints/{name}/stats', { params: { path: { name }, query: { over } }, signal }),
      ) as Promise<Stats>,
    refetchInterval: 3000,
    placeholderData: (old) => old,
  });

export const log = (name: string, kind: 'process' | 'requests', deployment: number | undefined) =>
  queryOptions({
    queryKey: ['endpoints', 'log', name, kind, deployment],
    queryFn: ({ signal }) =>
      data(
        api().GET('/endpoints/{name}/logs', {
          params: { path: { name }, query: { kind, lines: 5000, ...(deployment ? { deployment } : {}) } },
          signal,
        }),
      ),
    refetchInterval: 2000,
  });

/** Model names and versions to deploy. */
export const models = queryOptions({
  queryKey: ['models', 'names'],
  queryFn: ({ signal }) => data(api().GET('/models', { params: { query: { limit: 1000 } }, signal })),
});

export const modelVersions = (name: string) =>
  queryOptions({
    queryKey: ['models', 'versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/models/{name}/versions', { params: { path: { name } }, signal })),
    enabled: name !== '',
  });

export interface Scored {
  body: unknown;
  text: string;
  milliseconds: number;
}

/** Send rows to the endpoint as a client would, by the way through the studio. */
export async function score(forward: string, body: string): Promise<Scored> {
  const started = performance.now();
  const response = await fetch(forward, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' },
    body,
  }).catch((cause: unknown) => {
    throw Problem.unreachable(cause);
  });
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return { text, body: JSON.parse(text) as unknown, milliseconds: performance.now() - started };
}
