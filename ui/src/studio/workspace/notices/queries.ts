import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type NoticeItem = components['schemas']['NoticeItem'];
export type Mail = components['schemas']['Mail'];
export type MailSettings = components['schemas']['MailSettings'];

export const unread = queryOptions({
  queryKey: ['notices', 'unread'],
  queryFn: async ({ signal }) => (await data(api().GET('/workspace/notices/unread', { signal }))).unread,
});

export const newest = queryOptions({
  queryKey: ['notices', 'newest'],
  queryFn: ({ signal }) => data(api().GET('/workspace/notices', { params: { query: { limit: 8 } }, signal })),
});

export function notices(only: boolean) {
  return pages(['notices', 'list', only], (cursor, signal) =>
    data(
      api().GET('/workspace/notices', {
        params: { query: { limit: 100, unread: only, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
}

export function mark(ids: string[] | null, read: boolean) {
  return data(api().POST('/workspace/notices/marks', { body: { ids, read } }));
}

export const mailSettings = queryOptions({
  queryKey: ['mail', 'settings'],
  queryFn: async ({ signal }) => (await api().GET('/workspace/mail', { signal })).data ?? null,
});

export const outbox = pages(['mail', 'outbox'], (cursor, signal) =>
  data(
    api().GET('/workspace/mail/outbox', {
      params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } },
      signal,
    }),
  ),
);
