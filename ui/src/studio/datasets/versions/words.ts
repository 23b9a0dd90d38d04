import { bytes, count } from '@/kernel/format';
import type { VersionSummary } from '../types';

const signed = (value: number, text: (size: number) => string) =>
  `${value > 0 ? '+' : '−'}${text(Math.abs(value))}`;

/** What a version has more or less than the one it came after, in a few words. */
export function changeOf(it: VersionSummary, before: VersionSummary | undefined): string {
  if (!before) return it.parent ? `after version ${it.parent}` : 'the first';
  const parts: string[] = [];
  const rows = it.rows - before.rows;
  const columns = it.columns - before.columns;
  const files = (it.file_count ?? 1) - (before.file_count ?? 1);
  if (it.kind !== 'file' && rows !== 0) parts.push(`${signed(rows, count)} rows`);
  if (columns !== 0) parts.push(`${signed(columns, count)} columns`);
  if (files !== 0) parts.push(`${signed(files, count)} files`);
  if (parts.length === 0 && it.size !== before.size) parts.push(signed(it.size - before.size, bytes));
  return parts.join(', ') || (it.kind === 'file' ? 'as many files and bytes' : 'as many rows and columns');
}

/** Where a version came from, in words; empty for one that was uploaded long ago. */
export function sourceOf(source: Readonly<Record<string, unknown>> | null | undefined): string {
  const text = (key: string) => (typeof source?.[key] === 'string' ? source[key] : '');
  switch (text('type')) {
    case 'upload':
      return 'uploaded';
    case 'datastore':
      return `${text('datastore')}: ${text('path') || text('glob') || '/'}`;
    case 'sql':
      return `a query of ${text('datastore')}`;
    case 'url':
      return text('url');
    case 'run':
      return `run ${text('run_id').slice(-8)}${text('path') ? `, ${text('path')}` : ''}`;
    case 'sample':
      return 'a sample of the studio';
    default:
      return text('type');
  }
}

export function tagsOf(tags: Readonly<Record<string, string>> | undefined): string | null {
  return (
    Object.entries(tags ?? {})
      .map(([key, value]) => (value ? `${key}=${value}` : key))
      .join(', ') || null
  );
}

/** A whole set of tags after a change; the API takes the set. */
export function withChange(
  tags: Readonly<Record<string, string>>,
  change: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const kept = Object.entries({ ...tags, ...change });
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => entry[1] !== null));
}
