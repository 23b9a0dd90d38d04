import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components, paths } from '@/kernel/schema';

// by its place in the API: another slice has a Member too
export type Member =
  paths['/w/{workspace}/api/workspace/members']['get']['responses'][200]['content']['application/json'][number];
export type Account = components['schemas']['Account'];
export type Token = components['schemas']['Token'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type Role = Member['role'];

export const ROLES: readonly Role[] = [
  'Owner',
  'Contributor',
  'Data Scientist',
  'Compute Operator',
  'Reader',
  'Labeling lead',
  'Labeler',
];

export const summary = queryOptions({
  queryKey: ['workspace', 'summary'],
  queryFn: ({ signal }) => data(api().GET('/workspace', { signal })),
});
export const members = queryOptions({
  queryKey: ['workspace', 'members'],
  queryFn: ({ signal }) => data(api().GET('/workspace/members', { signal })),
});
export const accounts = queryOptions({
  queryKey: ['workspace', 'accounts'],
  queryFn: ({ signal }) => data(api().GET('/workspace/accounts', { signal })),
});
export const tokens = queryOptions({
  queryKey: ['workspace', 'tokens'],
  queryFn: ({ signal }) => data(api().GET('/workspace/tokens', { signal })),
});
export type Webhook = components['schemas']['Webhook'];
export type Delivery = components['schemas']['Delivery'];

export const webhooks = queryOptions({
  queryKey: ['webhooks', 'list'],
  queryFn: ({ signal }) => data(api().GET('/workspace/webhooks', { signal })),
});
export const webhookEvents = queryOptions({
  queryKey: ['webhook-events'], // never changes: outside the live key
  queryFn: ({ signal }) => data(api().GET('/workspace/webhooks/events', { signal })),
  staleTime: Infinity,
});
export const deliveries = (id: string) =>
  pages(['webhooks', 'deliveries', id], (cursor, signal) =>
    data(
      api().GET('/workspace/webhooks/{id}/deliveries', {
        params: { path: { id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
export const audit = pages(['workspace', 'audit'], (cursor, signal) =>
  data(
    api().GET('/workspace/audit', {
      params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } },
      signal,
    }),
  ),
);
