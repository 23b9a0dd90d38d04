import { count } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import type { RunRecord } from './columns';

export type RunGroup = components['schemas']['RunGroup'];
/** What stands at the top level of the table. */
export type Base = { kind: 'run'; record: RunRecord } | { kind: 'group'; group: RunGroup };

export type TableRow =
  | { kind: 'run'; key: string; record: RunRecord; depth: number }
  | { kind: 'group'; key: string; group: RunGroup }
  | { kind: 'more'; key: string; branch: string; left: number; depth: number }
  | { kind: 'pending'; key: string };

/** Runs below an open row: those that have been asked for so far. */
export interface Branch {
  /** Of the row at the top level that is open, or that this hangs below. */
  index: number;
  rows: readonly RunRecord[];
  total: number;
  next: string | null;
  loading: boolean;
  error: unknown;
}
export type Branches = ReadonlyMap<string, Branch>;

export function baseKey(base: Base): string {
  return base.kind === 'run' ? base.record.run.id : `group:${JSON.stringify(base.group.values)}`;
}

const made = new WeakMap<Base, TableRow>();

/** The row of a base, the same one each time: the grid draws only rows that are new to it. */
export function rowOf(base: Base): TableRow {
  const known = made.get(base);
  if (known) return known;
  const key = baseKey(base);
  const row: TableRow =
    base.kind === 'run'
      ? { kind: 'run', key, record: base.record, depth: 0 }
      : { kind: 'group', key, group: base.group };
  made.set(base, row);
  return row;
}

/** Rows below an open row, and below those of them that are open. */
export function below(branches: Branches, key: string, depth = 1): TableRow[] {
  const branch = branches.get(key);
  if (!branch || depth > 20) return [];
  const found: TableRow[] = [];
  for (const record of branch.rows) {
    found.push({ kind: 'run', key: record.run.id, record, depth });
    if (branches.has(record.run.id)) found.push(...below(branches, record.run.id, depth + 1));
  }
  const left = branch.total - branch.rows.length;
  if (branch.loading || branch.next !== null || branch.error)
    found.push({ kind: 'more', key: `more:${key}`, branch: key, left: Math.max(left, 0), depth });
  return found;
}

export interface Insert {
  index: number;
  rows: readonly TableRow[];
}

/** The rows that open ones put into the list, in its order. `top`: keys that are open at the top level. */
export function insertsOf(branches: Branches, top: ReadonlySet<string>): Insert[] {
  return [...branches]
    .filter(([key]) => top.has(key))
    .map(([key, branch]) => ({ index: branch.index, rows: below(branches, key) }))
    .sort((a, b) => a.index - b.index);
}

/** What stands at a place of the list on the screen: a row of the top level, or one that was put in. */
export function place(
  inserts: readonly Insert[],
  at: number,
): { base: number; row?: undefined } | { base: number; row: TableRow } {
  let shift = 0;
  for (const insert of inserts) {
    if (at <= insert.index + shift) break;
    const offset = at - (insert.index + shift) - 1;
    const row = insert.rows[offset];
    if (row) return { base: insert.index, row };
    shift += insert.rows.length;
  }
  return { base: at - shift };
}

export function insertedRows(inserts: readonly Insert[]): number {
  return inserts.reduce((sum, insert) => sum + insert.rows.length, 0);
}

/** How much is there: `5 runs`, or `1 group of 5 runs`. */
export function summaryOf(runs: number, groups?: number): string {
  const many = (value: number, noun: string) => `${count(value)} ${value === 1 ? noun : `${noun}s`}`;
  return groups === undefined ? many(runs, 'run') : `${many(groups, 'group')} of ${many(runs, 'run')}`;
}
