import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { draw } from '@/testing/render';
import { ColumnHead } from './ColumnHead';
import { summaries } from './queries';
import type { Condition } from './types';

const summary = { name: 'age', missing: 0, min: 1, max: 9, histogram: { edges: [1, 9], counts: [3] } };

function head(stale: boolean) {
  return (
    <ColumnHead
      column={{ name: 'age', type: 'integer', stored: 'BIGINT' } as never}
      summary={summary as never}
      whole={summary as never}
      stale={stale}
      looked={3}
      order={undefined}
      pinned={false}
      condition={undefined}
      onSort={() => undefined}
      onFilter={() => undefined}
      onPin={() => undefined}
      onHide={() => undefined}
    />
  );
}

test('a head says that it still shows the whole table, in place of ends that the filter may have cut', async () => {
  await draw(head(true));
  expect(await screen.findByText('of the whole table')).toBeTruthy();
  expect(screen.queryByText('9')).toBeNull();
});

test('a head of the rows that are shown tells their ends', async () => {
  await draw(head(false));
  expect(await screen.findByText('9')).toBeTruthy();
  expect(screen.queryByText('of the whole table')).toBeNull();
});

test('what was counted under another filter does not stand in for this one', () => {
  const place = { name: 't', version: 1 };
  const [one, other] = ['1', '2'].map((value) => [{ column: 'a', op: '=', value }] as unknown as Condition[]);
  const asked = summaries(place, one ?? [], ['a']);
  const keep = asked.placeholderData as (old: unknown, query: { queryKey: readonly unknown[] }) => unknown;
  expect(keep('old', { queryKey: summaries(place, one ?? [], ['b']).queryKey })).toBe('old');
  expect(keep('old', { queryKey: summaries(place, other ?? [], ['a']).queryKey })).toBeUndefined();
});
