import { queryOptions, keepPreviousData } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { orderOf, specOf, type Direction, type RunRecord } from './columns';
import { parseSort } from '@/kit/grid/model';
import { PAGE, type Ask } from './pages';
import type { Fetch } from './usePaged';
import type { Base, RunGroup } from './tree';

export type Where = components['schemas']['RunWhere'];
export type RunView = components['schemas']['RunView'];

/** The grid's sort as clauses of the server's `order_by`. */
export function ordersOf(sort: string | undefined, chosen: Readonly<Record<string, Direction>>): string[] {
  return parseSort(sort).flatMap(({ id, desc }) => {
    const spec = specOf(id);
    const order = spec ? orderOf(spec, desc, chosen) : null;
    return order ? [order] : [];
  });
}

export async function recordsPage(
  where: Where,
  order_by: string[],
  columns: string[],
  more: { cursor?: string | undefined; skip?: number; limit?: number },
  signal?: AbortSignal,
): Promise<{ items: RunRecord[]; next?: string | null }> {
  const { cursor, skip = 0, limit = PAGE } = more;
  return data(
    api().POST('/experiments/search', {
      body: { ...where, order_by, columns, children: true, skip, limit, ...(cursor ? { cursor } : {}) },
      ...(signal ? { signal } : {}),
    }),
  );
}

const FRESH_MS = 5000;
let ahead: { key: string; at: number; page: ReturnType<typeof recordsPage> } | undefined;
let rows: Promise<unknown> | undefined; // on their way; what takes the server longer waits for them

/** Ask for the first page before the table is there that will; it takes the answer, once, while it is fresh. */
export function askAhead(where: Where, orders: string[], columns: string[]): void {
  const page = recordsPage(where, orders, columns, {});
  const arrived = page.then(
    () => undefined,
    () => undefined, // who takes it tells it
  );
  rows = arrived;
  void arrived.then(() => {
    if (rows === arrived) rows = undefined;
  });
  ahead = { key: JSON.stringify([where, orders, columns]), at: performance.now(), page };
}

function taken(key: string): ReturnType<typeof recordsPage> | undefined {
  const known = ahead;
  ahead = undefined;
  return known?.key === key && performance.now() - known.at < FRESH_MS ? known.page : undefined;
}

export function runsOf(where: Where, orders: string[], columns: string[]): Fetch<Base> {
  return async ({ page: number, cursor, skip }: Ask, signal) => {
    const early = number === 0 ? taken(JSON.stringify([where, orders, columns])) : undefined;
    const page = await (early ?? recordsPage(where, orders, columns, { cursor, skip }, signal));
    return { items: page.items.map((record) => ({ kind: 'run', record })), next: page.next };
  };
}

let groupsAhead: { key: string; at: number; page: Promise<components['schemas']['RunGroups']> } | undefined;

/** Ask for groups when they are chosen: before the page has drawn that they are, which takes as long as they do. */
export function askGroupsAhead(where: Where, by: readonly string[], order_by: string): void {
  const page = groupsPage({ ...where, by: [...by], metrics: [], order_by, skip: 0, limit: PAGE });
  page.catch(() => undefined); // who takes it tells it
  groupsAhead = { key: JSON.stringify([where, by, order_by]), at: performance.now(), page };
}

const groupsPage = (body: components['schemas']['GroupSearch'], signal?: AbortSignal) =>
  data(api().POST('/experiments/groups', { body, ...(signal ? { signal } : {}) }));

const MOST = 20; // metrics that a page of groups is asked for
const NONE: components['schemas']['Spread'] = { count: 0, mean: null, min: null, max: null };

/**
 * Groups with their sizes at once; what their metrics come to, which takes longer the more there are, follows. A metric that a
 * group has no entry of is still waited for: in the end each of `metrics` has one.
 */
export function groupsOf(where: Where, by: string[], metrics: string[], order_by: string): Fetch<Base> {
  return async ({ cursor, skip }: Ask, signal) => {
    const none = Object.fromEntries(metrics.map((name) => [name, NONE]));
    const ask = async (names: string[]) => {
      const known = names.length === 0 && skip === 0 && !cursor ? groupsAhead : undefined;
      if (known) groupsAhead = undefined;
      const early =
        known?.key === JSON.stringify([where, by, order_by]) && performance.now() - known.at < FRESH_MS
          ? known.page
          : undefined;
      const paged = { skip, limit: PAGE, ...(cursor ? { cursor } : {}) };
      const { items, next, total } = await (early ??
        groupsPage({ ...where, by, metrics: names, order_by, ...paged }, signal));
      return { groups: items, next, total };
    };
    const rows = (groups: readonly RunGroup[], whole: boolean) =>
      groups.map((group): Base => ({
        kind: 'group',
        group: whole ? { ...group, metrics: { ...none, ...group.metrics } } : group,
      }));
    const asked = metrics.slice(0, MOST);
    if (asked.length === 0 || order_by.includes('(')) {
      const { groups, ...rest } = await ask(asked);
      return { items: rows(groups, true), ...rest };
    }
    const { groups, ...rest } = await ask([]);
    const later = ask(asked).then((whole) => rows(whole.groups, true));
    later.catch(() => undefined); // told by who waits for it; nobody does once the question is another one
    return { items: rows(groups, false), ...rest, later: { rows: later, without: rows(groups, true) } };
  };
}

export const countOf = (where: Where) =>
  queryOptions({
    queryKey: ['run-table', 'count', where],
    queryFn: ({ signal }) => data(api().POST('/experiments/count', { body: where, signal })),
    staleTime: 0,
    placeholderData: keepPreviousData,
    retry: false,
  });

export async function newerThan(where: Where, mark: number): Promise<number> {
  const found = await data(api().POST('/experiments/count', { body: { ...where, after: mark } }));
  return found.total;
}

export const columnsOf = (experiments: readonly string[], text = '') =>
  queryOptions({
    queryKey: ['run-table', 'columns', experiments, text],
    queryFn: async ({ signal }) => {
      await rows;
      return data(
        api().GET('/experiments/columns', {
          params: { query: { experiment: [...experiments], text } },
          signal,
        }),
      );
    },
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

export const valuesOf = (of: string, experiments: readonly string[], text: string) =>
  queryOptions({
    queryKey: ['run-table', 'values', of, experiments, text],
    queryFn: async ({ signal }) => {
      const query = { of, experiment: [...experiments], text };
      const found = await data(api().GET('/experiments/columns/values', { params: { query }, signal }));
      return found.values;
    },
    staleTime: 60_000,
    retry: false,
  });

export const viewList = queryOptions({
  queryKey: ['run-table', 'views'],
  queryFn: ({ signal }) => data(api().GET('/experiments/views', { signal })),
  staleTime: 60_000,
});

export type BulkChange = components['schemas']['BulkChange'];
export type BulkResult = components['schemas']['BulkResult'];
export function changeRuns(change: BulkChange): Promise<BulkResult> {
  return data(api().POST('/experiments/bulk', { body: change }));
}
