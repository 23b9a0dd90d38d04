import { expect, test } from 'vitest';
import { arrivals, patched, trimmed, type Pages } from './list';
import { bestAxis, curveOf } from './curve';
import { failureOf } from './failure';
import { metricColumns } from './metricColumns';
import { tally } from './ChildrenTab';
import { isBinary, lookOf, parseDelimited, pretty } from './preview';
import type { Run, RunRecord } from './queries';
import { readListSearch, readRunSearch, statesOf } from './search';

const a = (id: string, more: Partial<Run> = {}) => ({ id, state: 'Running', name: id, ...more }) as Run;
const pages = (...ids: string[][]): Pages => ({
  pages: ids.map((page) => ({ items: page.map((id) => a(id)), next: null })),
  pageParams: ids.map(() => undefined),
});

test('a changed run changes where it stands, and others stay the same objects', () => {
  const old = pages(['c', 'b'], ['a']);
  const next = patched(old, [a('a', { state: 'Completed' }), a('z')]);
  expect(next.pages[1]?.items[0]?.state).toBe('Completed');
  expect(next.pages[0]?.items).toEqual(old.pages[0]?.items);
  expect(patched(old, [a('z')])).toBe(old);
});

test('new runs are those above the first known one', () => {
  const first = { items: [a('e'), a('d'), a('c')], next: null };
  expect(arrivals(pages(['c', 'b']), first)).toEqual(['e', 'd']);
  expect(trimmed(pages(['c'], ['b'])).pages).toHaveLength(1);
});

test('the address holds the filters, and unknown ones are dropped', () => {
  expect(readListSearch({ state: 'failed,nonsense', kind: 'automl', all: 'true' })).toMatchObject({
    state: ['failed'],
    kind: ['automl'],
    all: true,
  });
  expect(statesOf(['failed'])).toEqual(['Failed', 'Lost']);
  expect(readRunSearch({ tab: 'log' }).tab).toBe('log');
  expect(readRunSearch({ tab: 'overview' }).tab).toBeUndefined();
});

test('a failure says what it was and what to do; other runs have none', () => {
  expect(failureOf(a('x'))).toBeNull();
  const failed = failureOf(a('x', { state: 'Failed', failure: 'oom', error: 'Used 2 GB.' }));
  expect(failed?.title).toContain('memory');
  expect(failed?.detail).toBe('Used 2 GB.');
  expect(failureOf(a('x', { state: 'Lost' }))?.title).toContain('lost');
  expect(failureOf(a('x', { state: 'Failed', exit_code: 3 }))?.detail).toBe('Exit code 3.');
});

test('curves lie over steps, or over time when every step is the same', () => {
  const flat = { key: 'cpu', steps: [0, 0], timestamps: [5000, 7000], values: [1, null], total: 2 };
  expect(bestAxis([flat])).toBe('relative');
  expect(bestAxis([{ ...flat, steps: [0, 1] }])).toBe('step');
  expect(curveOf(flat, 'relative').x).toEqual([0, 2]);
  expect(curveOf(flat, 'time').x).toEqual([5, 7]);
});

test('html is text, pictures are pictures, and pickles are not shown', () => {
  expect([lookOf('a/page.html'), lookOf('x.svg'), lookOf('roc.PNG'), lookOf('model/MLmodel')]).toEqual([
    'text',
    'text',
    'image',
    'text',
  ]);
  expect(lookOf('model.pkl')).toBe('none');
  expect(isBinary('a\u0000b')).toBe(true);
});

test('delimited text with quotes, and JSON that is cut', () => {
  expect(parseDelimited('a,b\n"x,""y""\nz",2\n', ',', 10)).toEqual([
    ['a', 'b'],
    ['x,"y"\nz', '2'],
  ]);
  expect(parseDelimited('a\n1\n2\n3', ',', 2)).toHaveLength(2);
  expect(pretty('{"a":1}')).toContain('\n');
  expect(pretty('{"a":')).toBe('{"a":');
});

test('the metrics most runs have come first; further ones wait in the picker', () => {
  const metric = (value: number) => ({ key: '', value, step: 0, timestamp: 0, points: 1 });
  const record = (id: string, metrics: Record<string, number>) =>
    [
      id,
      {
        run: a(id),
        params: {},
        tags: {},
        metrics: Object.fromEntries(Object.entries(metrics).map(([k, v]) => [k, metric(v)])),
      },
    ] as [string, RunRecord];
  const { columns, hidden } = metricColumns(
    new Map([record('x', { d: 1, a: 1, b: 2, c: 3 }), record('y', { d: 2 })]),
  );
  expect(columns.map((column) => column.header)).toEqual(['d', 'a', 'b', 'c']);
  expect(hidden).toEqual(['m.c']);
  expect(columns[0]?.value(a('y'))).toBe(2);
});

test('children are counted by state', () => {
  expect(tally([a('1'), a('2', { state: 'Completed' }), a('3')])).toBe('2 running, 1 completed');
});
