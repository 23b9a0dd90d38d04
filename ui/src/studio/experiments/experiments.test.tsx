import { expect, test } from 'vitest';
import { failureOf } from './failure';
import { metricColumns } from './metricColumns';
import type { Run, RunRecord } from './queries';

const a = (id: string, more: Partial<Run> = {}) => ({ id, state: 'Running', name: id, ...more }) as Run;

test('a failure says what it was and what to do; other runs have none', () => {
  expect(failureOf(a('x'))).toBeNull();
  const failed = failureOf(a('x', { state: 'Failed', failure: 'oom', error: 'Used 2 GB.' }));
  expect(failed?.title).toContain('memory');
  expect(failed?.detail).toBe('Used 2 GB.');
  expect(failureOf(a('x', { state: 'Lost' }))?.title).toContain('lost');
  const away = failureOf(
    a('x', { state: 'Lost', error: 'The compute was detached; whether it goes on is not known.' }),
  );
  expect(`${away?.detail} ${away?.todo}`).not.toMatch(/Nothing was left|power cut/); // it may run on there
  expect(failureOf(a('x', { state: 'Failed', exit_code: 3 }))?.detail).toBe('Exit code 3.');
  expect(failureOf(a('x', { state: 'Failed', kind: 'run' }))?.todo).not.toContain('log'); // it has none here
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
