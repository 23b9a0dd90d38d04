import { expect, test } from 'vitest';
import type { VersionSummary } from '../types';
import { changeOf, sourceOf, tagsOf, withChange } from './words';

const version = (change: Partial<VersionSummary>): VersionSummary => ({
  name: 'a',
  version: 2,
  reference: 'a:2',
  digest: '',
  size: 100,
  rows: 10,
  columns: 3,
  format: 'delimited',
  created_at: '',
  created_by: '',
  kind: 'tabular',
  mode: 'managed',
  file_count: 1,
  description: '',
  tags: {},
  lifecycle: 'active',
  ...change,
});

test('a version says what it has more or less than the one before', () => {
  const before = version({ version: 1 });
  expect(changeOf(version({ rows: 12, file_count: 3 }), before)).toBe('+2 rows, +2 files');
  expect(changeOf(version({ columns: 2 }), before)).toBe('−1 columns');
  expect(changeOf(version({ size: 90 }), before)).toBe('−10 B');
  expect(changeOf(version({}), before)).toBe('as many rows and columns');
  expect(changeOf(version({ kind: 'file' }), before)).toBe('as many files and bytes');
  expect(changeOf(version({ parent: null }), undefined)).toBe('the first');
});

test('a source is told in words', () => {
  expect(sourceOf({ type: 'datastore', datastore: 'lake', path: 'a/b' })).toBe('lake: a/b');
  expect(sourceOf({ type: 'url', url: 'https://x/y.csv' })).toBe('https://x/y.csv');
  expect(sourceOf(null)).toBe('');
});

test('tags are written as a whole', () => {
  expect(withChange({ a: '1', b: '2' }, { a: null, c: '3' })).toEqual({ b: '2', c: '3' });
  expect(tagsOf({ checked: '', team: 'blue' })).toBe('checked, team=blue');
});
