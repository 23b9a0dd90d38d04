import { expect, test } from 'vitest';
import type { Step } from '../queries';
import { pairsOf, textsOf } from './diff';

const step = (path: string, seconds = 10, more: Partial<Step> = {}): Step => ({
  id: path,
  path,
  name: path,
  title: '',
  parent: '',
  kind: 'command',
  state: 'Completed',
  component: '',
  needs: [],
  fan: false,
  pipeline_id: 'p',
  outcome: '',
  compute: 'local',
  attempt: 1,
  started_at: '2026-11-26T10:00:00Z',
  ended_at: new Date(Date.UTC(2026, 10, 26, 10) + seconds * 1000).toISOString(),
  ...more,
});
const NO = [{}, {}] as [object, object] as Parameters<typeof pairsOf>[2];

test('steps are paired by path, and one that is new stands after what it follows', () => {
  const rows = pairsOf([step('a'), step('b'), step('c')], [step('a'), step('x'), step('c')], NO);
  expect(rows.map((row) => row.path)).toEqual(['a', 'x', 'b', 'c']);
  expect(rows.map((row) => row.differences.map((one) => one.what))).toEqual([
    [],
    ['only in the second'],
    ['only in the first'],
    [],
  ]);
});

test('state, parts of the key and a duration worth a word differ', () => {
  const [row] = pairsOf(
    [step('a', 10)],
    [step('a', 14, { state: 'Failed' })],
    [{ a: { code: '1', 'input x': 'titanic:1' } }, { a: { code: '1', 'input x': 'titanic:2' } }],
  );
  expect(row?.differences).toEqual([
    { what: 'state', first: 'Completed', second: 'Failed' },
    { what: 'input x', first: 'titanic:1', second: 'titanic:2' },
    { what: 'duration', first: '10 s', second: '14 s' },
  ]);
});

test('a little slower, or reused, is no difference in duration', () => {
  expect(pairsOf([step('a', 10)], [step('a', 11)], NO)[0]?.differences).toEqual([]);
  expect(pairsOf([step('a', 0.1)], [step('a', 0.9)], NO)[0]?.differences).toEqual([]);
  const reused = pairsOf([step('a', 100)], [step('a', 0.01, { state: 'Reused' })], NO)[0];
  expect(reused?.differences.map((one) => one.what)).toEqual(['state']);
});

test('what is on one side only differs too', () => {
  expect(textsOf({ a: '1', b: '2' }, { b: '2', c: '3' })).toEqual([
    { what: 'a', first: '1', second: '–' },
    { what: 'c', first: '–', second: '3' },
  ]);
});
