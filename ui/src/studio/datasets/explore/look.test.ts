import { expect, test } from 'vitest';
import { readFilter, readNames, shownColumns, sortedBy, withCondition, words, writeFilter } from './look';

test('a filter survives the address, whatever its names and values', () => {
  const filter = [{ column: 'a, "b"', op: 'in' as const, values: ['x:y', 'é'] }];
  expect(readFilter(writeFilter(filter))).toEqual(filter);
  expect(readFilter('{broken')).toEqual([]);
  expect(readNames('7')).toEqual([]);
  expect(writeFilter([])).toBeUndefined();
});

test('a click sorts up, then down, then not; with shift beside the others', () => {
  expect(sortedBy([], 'a', false)).toEqual(['a']);
  expect(sortedBy(['a'], 'a', false)).toEqual(['-a']);
  expect(sortedBy(['-a'], 'a', false)).toEqual([]);
  expect(sortedBy(['b'], 'a', true)).toEqual(['b', 'a']);
  expect(sortedBy(['b'], 'a', false)).toEqual(['a']);
});

test('pinned columns come first and hidden ones not at all', () => {
  const columns = ['a', 'b', 'c'].map((name) => ({ name, type: 'text' }));
  expect(shownColumns(columns, ['b'], ['c', 'gone']).map((column) => column.name)).toEqual(['c', 'a']);
});

test('a column has one condition, said in words', () => {
  const one = { column: 'age', op: 'between' as const, values: [], min: 1, max: 5 };
  expect(withCondition([{ ...one, max: 9 }], 'age', one)).toEqual([one]);
  expect(withCondition([one], 'age', undefined)).toEqual([]);
  expect(words(one)).toBe('age from 1 to 5');
  expect(words({ column: 'c', op: 'in', values: ['a', 'b', 'c', 'd'] })).toBe('c is a, b, c and 1 more');
});
