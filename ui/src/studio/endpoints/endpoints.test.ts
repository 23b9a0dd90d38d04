import { expect, test } from 'vitest';
import { python, snippets } from './consume';
import { bodyOf, columnOf, rowsOf, textOf, valueOf } from './form';
import { nameProblem, splitModel } from './names';
import { filled } from './windows';
import { moving, type Endpoint } from './queries';

const age = { name: 'age', type: 'double', required: false };
const name = { name: 'name', type: 'string', required: true };

test('typed texts become what the column takes, and nonsense is sent as it is', () => {
  expect(valueOf('1.5', age)).toBe(1.5);
  expect(valueOf(' ', age)).toBeNull();
  expect(valueOf('old', age)).toBe('old');
  expect(valueOf('12', name)).toBe('12');
  expect(valueOf('true', { ...name, type: 'boolean' })).toBe(true);
  expect([textOf(null), textOf(0), textOf({ a: 1 })]).toEqual(['', '0', '{"a":1}']);
});

test('the form shows rows with names, and nothing else', () => {
  expect(rowsOf(bodyOf([{ age: 1 }]))).toEqual([{ age: 1 }]);
  expect(rowsOf('{"data": [[1, 2]]}')).toBeNull();
  expect(rowsOf('{"data": [{"a": 1}], "params": {}}')).toBeNull();
  expect(rowsOf('{"data": [')).toBeNull();
});

test('the field of a problem leads to its column', () => {
  const columns = [age, { name: 'page', type: 'string', required: true }];
  expect(columnOf('age', columns)).toBe('age');
  expect(columnOf('data[0].page', columns)).toBe('page');
  expect(columnOf('body', columns)).toBeUndefined();
});

test('snippets hold one row, quoted for their language', () => {
  const made = snippets(
    'http://127.0.0.1:9001/score',
    bodyOf([{ who: "O'Hara", ok: true, age: null }, { who: 'x' }]),
  );
  expect(made.curl).toContain(`O'\\''Hara`);
  expect(made.Python).toContain('"ok": True, "age": None');
  expect(made.JavaScript).not.toContain('"x"');
  expect(python([1, 'a'])).toBe('[1, "a"]');
});

test('a model reference in its parts', () => {
  expect(splitModel('titanic:3')).toEqual({ name: 'titanic', version: '3' });
  expect(splitModel('a:b')).toEqual({ name: 'a:b', version: undefined });
});

test('the name of an endpoint stands in an address', () => {
  expect([nameProblem('titanic_2'), nameProblem('')]).toEqual([null, null]);
  expect(nameProblem('bad name')).toContain('Letters');
  expect(nameProblem('x'.repeat(64))).toContain('63');
});

test('an endpoint moves while its newest deployment does', () => {
  const it = { state: 'Live', latest: { state: 'Starting' } } as Endpoint;
  expect(moving(it)).toBe(true);
  expect(moving({ ...it, latest: { state: 'Live' } } as Endpoint)).toBe(false);
});

test('a quiet endpoint has empty windows, not gaps', () => {
  const window = { at: '2026-01-01T00:00:00Z', requests: 5, errors: 0, rows: 5, p50: 1, p95: 2, p99: 3 };
  const made = filled([window], Date.parse('2026-01-01T00:10:05Z'));
  expect(made).toHaveLength(61);
  expect(made[0]?.requests).toBe(5);
  expect(made.at(-1)?.requests).toBe(0);
  expect(filled([], Date.parse('2026-01-01T00:10:05Z'))).toHaveLength(30);
});
