import { expect, test } from 'vitest';
import { lineOf, linesOf } from './figures';
import type { VersionComparison } from './queries';

const FOUND: VersionComparison = {
  name: 'a',
  left: 1,
  right: 2,
  same: false,
  schema: [
    { column: 'age', change: 'type', left: 'text', right: 'integer' },
    { column: 'new', change: 'added', left: null, right: 'text' },
  ],
  rows: { left: 10, right: 12 },
  columns: [
    {
      column: 'age',
      left: { type: 'text', missing_share: 0.5, distinct: 3 },
      right: { type: 'integer', missing_share: 0.25, distinct: 3, mean: 4 },
    },
  ],
  profiles: true,
  files: { added: 1, removed: 0, changed: 2, same: 3, bytes_added: 2000, bytes_removed: 0 },
};

test('a comparison is lines of figures, with how far they are apart', () => {
  const lines = linesOf(FOUND);
  expect(lines.map((one) => [one.column, one.figure, one.change])).toEqual([
    ['All', 'rows', '+2'],
    ['age', 'type', ''],
    ['age', 'missing', '−25.0 points'],
    ['age', 'distinct values', ''],
    ['age', 'mean', ''],
    ['new', 'type', ''],
  ]);
  expect(lines.filter((one) => !one.differs).map((one) => one.figure)).toEqual(['distinct values']);
  expect(lines[5]?.left).toBe('–');
});

test('files are told in a sentence', () => {
  expect(lineOf(FOUND)).toBe('1 added, 2 changed, 3 the same (+2.0 kB).');
  expect(lineOf({ files: {} as VersionComparison['files'] })).toBe('No files.');
});

test('a difference below a tenth of a point is not told as nothing', () => {
  const pair = {
    column: 'a',
    left: { type: 'text', distinct: 3, missing_share: 0.0588 },
    right: { type: 'text', distinct: 3, missing_share: 0.0586 },
  };
  const lines = linesOf({ ...FOUND, schema: [], columns: [pair] });
  expect(lines.find((one) => one.figure === 'missing')?.change).toBe('−0.02 points');
});
