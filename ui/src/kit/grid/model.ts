import type { RowData } from '@tanstack/react-table';
import type { GridColumn } from './types';

export type Sorting = { id: string; desc: boolean }[];

export function parseSort(sort: string | undefined): Sorting {
  return (sort ?? '')
    .split(',')
    .filter(Boolean)
    .map((part) => (part.startsWith('-') ? { id: part.slice(1), desc: true } : { id: part, desc: false }));
}

export function writeSort(sorting: Sorting): string | undefined {
  return sorting.map(({ id, desc }) => (desc ? `-${id}` : id)).join(',') || undefined;
}

function field(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as CSV with a header line, in the order and columns given. */
export function toCsv<T extends RowData>(rows: readonly T[], columns: readonly GridColumn<T>[]): string {
  const lines = [columns.map((column) => field(column.header)).join(',')];
  for (const row of rows) lines.push(columns.map((column) => field(column.value(row))).join(','));
  return `${lines.join('\n')}\n`;
}

/** Keys between two rows, both included, for a selection with shift. */
export function range(keys: readonly string[], from: string, to: string): string[] {
  const a = keys.indexOf(from);
  const b = keys.indexOf(to);
  if (a < 0 || b < 0) return [to];
  return keys.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** Numbers by size, text as people sort it, missing values last in both directions. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b), 'en', { numeric: true, sensitivity: 'base' });
}
