import { useCallback, useMemo, useRef, useState } from 'react';
import { recordsPage, type Where } from './ask';
import type { RunRecord } from './columns';
import {
  baseKey,
  insertedRows,
  insertsOf,
  place,
  rowOf,
  type Base,
  type Branch,
  type TableRow,
} from './tree';
import { usePaged, type Fetch } from './usePaged';

const BLOCK = 100; // rows are given to the grid in blocks, so that it is told of others now and then and not at each step
const AROUND = 30; // before and after those in view
const AHEAD = 60; // rows that are asked for before they come into view
const BRANCH = 100;

interface Opened {
  of: object | null;
  branches: ReadonlyMap<string, Branch>;
  top: ReadonlySet<string>;
}
const NOTHING: Pick<Opened, 'branches' | 'top'> = { branches: new Map(), top: new Set() };

interface Options {
  fetch: Fetch<Base>;
  /** Which runs hang below a row. */
  below: (row: TableRow) => Where | null;
  orders: string[];
  columns: string[];
  counted: number | undefined;
}

/** The rows of the table as they stand on the screen: pages of the top level with what is open below them. */
export function useTable({ fetch, below, orders, columns, counted }: Options) {
  const list = usePaged(fetch, baseKey);
  const { pages, look } = list;
  const [view, setView] = useState<readonly [number, number]>([0, BLOCK]);
  const inView = useRef<readonly [number, number]>([0, 0]);
  const [opened, setOpened] = useState<Opened>({ of: null, branches: new Map(), top: new Set() });
  // what was open belongs to the list it was opened in
  const { branches, top } = opened.of === pages ? opened : NOTHING;
  const change = useCallback(
    (next: (old: Pick<Opened, 'branches' | 'top'>) => Pick<Opened, 'branches' | 'top'>) =>
      setOpened((old) => ({ of: pages, ...next(old.of === pages ? old : NOTHING) })),
    [pages],
  );
  const setBranches = useCallback(
    (next: (old: ReadonlyMap<string, Branch>) => ReadonlyMap<string, Branch>) =>
      change((old) => ({ ...old, branches: next(old.branches) })),
    [change],
  );

  const inserts = useMemo(() => insertsOf(branches, top), [branches, top]);
  const baseTotal = pages ? (pages.total ?? Math.max(counted ?? 0, pages.known)) : 0;
  const total = baseTotal + insertedRows(inserts);

  const onWindow = useCallback(
    (first: number, last: number) => {
      inView.current = [first, last];
      const from = Math.floor(Math.max(0, first - AROUND) / BLOCK) * BLOCK;
      const to = Math.ceil((last + AROUND) / BLOCK) * BLOCK;
      setView((old) => (old[0] === from && old[1] === to ? old : [from, to]));
      look(place(inserts, Math.max(0, first - AHEAD)).base, place(inserts, last + AHEAD).base);
    },
    [inserts, look],
  );

  const [from, to] = view;
  const { edition } = list;
  const rows = useMemo(() => {
    const found: TableRow[] = [];
    if (!pages) return found;
    void edition; // pages change in place; this says that they have
    for (let at = from; at <= Math.min(to, total - 1); at += 1) {
      const { base, row } = place(inserts, at);
      const one = row ? undefined : pages.at(base);
      found.push(row ?? (one ? rowOf(one) : { kind: 'pending', key: `pending:${base}` }));
    }
    return found;
  }, [pages, edition, inserts, from, to, total]);

  /** Runs that are on the screen now. */
  const onScreen = useCallback(
    () =>
      rows
        .slice(Math.max(0, inView.current[0] - from), Math.max(0, inView.current[1] - from + 1))
        .flatMap((row) => (row.kind === 'run' ? [row.record] : [])),
    [rows, from],
  );

  const load = async (key: string, where: Where, branch: Branch) => {
    const set = (change: Partial<Branch>) =>
      setBranches((old) => {
        const now = old.get(key);
        return now ? new Map(old).set(key, { ...now, ...change }) : old;
      });
    try {
      const page = await recordsPage(where, orders, columns, {
        cursor: branch.next ?? undefined,
        limit: BRANCH,
      });
      const rows_ = [...branch.rows, ...page.items];
      set({ rows: rows_, next: page.next ?? null, loading: false, error: null });
    } catch (error) {
      set({ loading: false, error });
    }
  };
  const sizeOf = (row: TableRow) =>
    row.kind === 'group' ? row.group.count : row.kind === 'run' ? row.record.children : 0;

  const toggle = (row: TableRow, index: number) => {
    if (branches.has(row.key)) {
      setBranches((old) => {
        const next = new Map(old);
        next.delete(row.key);
        return next;
      });
      change((old) => ({ ...old, top: new Set([...old.top].filter((key) => key !== row.key)) }));
      return;
    }
    const where = below(row);
    if (!where) return;
    const { base, row: inserted } = place(inserts, index);
    const branch = { index: base, rows: [], total: sizeOf(row), next: null, loading: true, error: null };
    setBranches((old) => new Map(old).set(row.key, branch));
    if (!inserted) change((old) => ({ ...old, top: new Set(old.top).add(row.key) }));
    void load(row.key, where, branch);
  };
  const more = (key: string, row: TableRow) => {
    const branch = branches.get(key);
    const where = below(row);
    if (!branch || !where || branch.loading) return;
    setBranches((old) => new Map(old).set(key, { ...branch, loading: true }));
    void load(key, where, branch);
  };

  const patch = useCallback(
    (records: readonly RunRecord[]) => {
      list.patch(records.map((record) => ({ kind: 'run', record })));
      const byId = new Map(records.map((record) => [record.run.id, record]));
      setBranches((old) => {
        if (![...old.values()].some((branch) => branch.rows.some((row) => byId.has(row.run.id)))) return old;
        return new Map(
          [...old].map(([key, branch]) => [
            key,
            { ...branch, rows: branch.rows.map((row) => byId.get(row.run.id) ?? row) },
          ]),
        );
      });
    },
    [list, setBranches],
  );
  const keysBetween = useCallback(
    (a: string, b: string): string[] => {
      const places = new Map(rows.map((row, at) => [row.key, at]));
      const [i, j] = [places.get(a), places.get(b)];
      if (i !== undefined && j !== undefined)
        return rows
          .slice(Math.min(i, j), Math.max(i, j) + 1)
          .filter((row) => row.kind === 'run')
          .map((row) => row.key);
      const [m, n] = [pages?.indexOf(a), pages?.indexOf(b)];
      return m === undefined || n === undefined || !pages
        ? [b]
        : pages.keysBetween(m, n).filter((key) => !key.startsWith('group:'));
    },
    [rows, pages],
  );

  return {
    list,
    rows,
    first: from,
    total,
    baseTotal,
    onWindow,
    onScreen,
    open: branches,
    toggle,
    more,
    patch,
    keysBetween,
  };
}
