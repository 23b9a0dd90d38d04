import { bytes, count, metric, percent } from '@/kernel/format';
import type { VersionComparison } from './queries';

export interface Line {
  column: string;
  figure: string;
  left: string;
  right: string;
  change: string;
  differs: boolean;
}

type Value = number | string | null | undefined;
const NAMES = [
  ['missing_share', 'missing'],
  ['distinct', 'distinct values'],
  ['mean', 'mean'],
  ['std', 'standard deviation'],
  ['min', 'least'],
  ['max', 'greatest'],
] as const;

function text(value: Value, share: boolean): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  return share ? percent(value) : Number.isInteger(value) ? count(value) : metric(value);
}

function changeOf(left: Value, right: Value, share: boolean): string {
  if (typeof left !== 'number' || typeof right !== 'number' || left === right) return '';
  const by = right - left;
  const size = Math.abs(by);
  const said = share
    ? `${size < 0.0005 ? metric(size * 100, 1) : (size * 100).toFixed(1)} points`
    : Number.isInteger(size)
      ? count(size)
      : metric(size, 3);
  return `${by > 0 ? '+' : '−'}${said}`;
}

function line(column: string, figure: string, left: Value, right: Value, share = false): Line {
  return {
    column,
    figure,
    left: text(left, share),
    right: text(right, share),
    change: changeOf(left, right, share),
    differs: (left ?? null) !== (right ?? null),
  };
}

/** Rows, then each column with its type and the figures that either version has. */
export function linesOf(found: VersionComparison): Line[] {
  const types = new Map(found.schema.map((one) => [one.column, one]));
  const lines = [line('All', 'rows', found.rows.left, found.rows.right)];
  for (const pair of found.columns) {
    const changed = types.get(pair.column);
    types.delete(pair.column);
    const left = changed ? changed.left : pair.left?.type;
    const right = changed ? changed.right : pair.right?.type;
    if (left !== undefined || right !== undefined) lines.push(line(pair.column, 'type', left, right));
    for (const [key, name] of NAMES) {
      const [a, b] = [pair.left?.[key], pair.right?.[key]];
      if ((a ?? null) === null && (b ?? null) === null) continue;
      lines.push(line(pair.column, name, a, b, key === 'missing_share'));
    }
  }
  for (const one of types.values()) lines.push(line(one.column, 'type', one.left, one.right));
  return lines;
}

/** The files of a comparison in a sentence. */
export function lineOf({ files }: Pick<VersionComparison, 'files'>): string {
  const {
    added = 0,
    removed = 0,
    changed = 0,
    same = 0,
    bytes_added: more = 0,
    bytes_removed: less = 0,
  } = files;
  const parts = [
    added ? `${count(added)} added` : '',
    removed ? `${count(removed)} removed` : '',
    changed ? `${count(changed)} changed` : '',
    same ? `${count(same)} the same` : '',
  ].filter(Boolean);
  const sizes = [more ? `+${bytes(more)}` : '', less ? `−${bytes(less)}` : ''].filter(Boolean).join(', ');
  return `${parts.join(', ') || 'No files'}${sizes ? ` (${sizes})` : ''}.`;
}
