import { renderHook, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { groupsOf, type Where } from './ask';
import { baseKey, summaryOf, type Base } from './tree';
import { usePaged } from './usePaged';

const WHERE: Where = { experiments: [], filter: '', lifecycle: 'active', top_level: true };
const auc = { count: 2, mean: 0.5, min: 0.4, max: 0.6 };
const group = (value: string, metrics: Record<string, unknown> = {}) => ({
  values: [value],
  count: 2,
  filter: '',
  metrics,
});

let second: () => Response;
const asked: string[][] = [];
beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const { metrics } = (await request.json()) as { metrics: string[] };
    asked.push(metrics);
    return metrics.length === 0
      ? Response.json({ items: [group('a'), group('b')], next: null, total: 2 })
      : second();
  });
});
afterEach(() => vi.unstubAllGlobals());

function shown(metrics: string[]) {
  const fetch = groupsOf(WHERE, ['params.x'], metrics, 'count DESC');
  return renderHook(() => usePaged<Base>(fetch, baseKey)).result;
}
function meansOf(result: ReturnType<typeof shown>, name: string) {
  return [0, 1].map((index) => {
    const row = result.current.pages?.at(index);
    return row?.kind === 'group' ? row.group.metrics[name]?.mean : undefined;
  });
}

test('a group that the later answer lacks has no metrics, and is not waited for', async () => {
  second = () => Response.json({ items: [group('b', { auc })], next: null, total: 1 });
  const result = shown(['auc']);
  await waitFor(() => expect(meansOf(result, 'auc')).toEqual([null, 0.5]));
  expect(result.current.error).toBeNull();
});

test('when the metrics fail the groups stay, with none, and the failure is told', async () => {
  second = () => Response.json({ title: 'Too slow' }, { status: 503 });
  const result = shown(['auc']);
  await waitFor(() => expect(meansOf(result, 'auc')).toEqual([null, null]));
  expect(result.current.error).toMatchObject({ status: 503 });
});

test('more metrics than a page asks for are not waited for', async () => {
  second = () => Response.json({ items: [group('a', { m0: auc }), group('b')], next: null, total: 2 });
  const names = Array.from({ length: 25 }, (_, index) => `m${index}`);
  const result = shown(names);
  await waitFor(() => expect(meansOf(result, 'm0')).toEqual([0.5, null]));
  expect(meansOf(result, 'm24')).toEqual([null, null]);
  expect(asked.map((one) => one.length)).toEqual([0, 20]);
});

test('one run and one group are told in the singular', () => {
  expect(summaryOf(1)).toBe('1 run');
  expect(summaryOf(1, 1)).toBe('1 group of 1 run');
  expect(summaryOf(12_000, 3)).toBe('3 groups of 12,000 runs');
  expect(summaryOf(0, 0)).toBe('0 groups of 0 runs');
});
