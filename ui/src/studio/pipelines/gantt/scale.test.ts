import { expect, test } from 'vitest';
import { timesOf } from './times';
import { barOf, spanOf, ticksOf, type Times } from './scale';

const times = (
  queued: number | null,
  started: number | null,
  ended: number | null,
  over = ended !== null,
): Times => ({
  queued,
  started,
  ended,
  over,
});

test('the chart reaches from the first wait to the last end, and to now while something runs', () => {
  expect(spanOf([times(1000, 2000, 3000), times(1500, null, null, true)], 9000)).toEqual({
    from: 1000,
    to: 3000,
  });
  expect(spanOf([times(1000, 2000, null)], 9000)).toEqual({ from: 1000, to: 9000 });
  expect(spanOf([times(null, null, null)], 9000)).toEqual({ from: 9000, to: 10_000 });
});

test('a bar has a part that waited and a part that ran', () => {
  const span = { from: 0, to: 10_000 };
  expect(barOf(times(1000, 3000, 8000), span, 0)).toEqual({ left: 10, waited: 20, ran: 50 });
  expect(barOf(times(1000, null, null), span, 6000)).toEqual({ left: 10, waited: 50, ran: 0 });
  expect(barOf(times(1000, 3000, null), span, 6000)).toEqual({ left: 10, waited: 20, ran: 30 });
  expect(barOf(times(null, null, null, true), span, 6000)).toBeNull();
});

test('ticks are round, and about as many as asked for', () => {
  const labels = (seconds: number, wanted = 6) =>
    ticksOf({ from: 5, to: 5 + seconds * 1000 }, wanted).map((tick) => tick.label);
  expect(labels(12)).toEqual(['0', '2 s', '4 s', '6 s', '8 s', '10 s', '12 s']);
  expect(labels(100, 4)).toEqual(['0', '30 s', '1 min', '1 min 30 s']);
  expect(labels(3 * 3600, 4)).toEqual(['0', '1 h', '2 h', '3 h']);
  expect(labels(0.5, 5)).toEqual(['0', '100 ms', '200 ms', '300 ms', '400 ms', '500 ms']);
  expect(labels(40 * 86_400, 5).length).toBeLessThan(8);
});

test('a step waits from the end of what it needs, and what is inside of another from its begin', () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const step = (id: string, more: object) => ({
    id,
    parent: '',
    needs: [] as string[],
    state: 'Completed' as const,
    started_at: null as string | null,
    ended_at: null as string | null,
    ...more,
  });
  const found = timesOf(
    [
      step('a', { started_at: at(2), ended_at: at(3) }),
      step('b', { needs: ['a'], started_at: at(5), ended_at: at(9) }),
      step('b/x', { parent: 'b', started_at: at(6), ended_at: at(9) }),
      step('c', { needs: ['b'], state: 'Queued' }),
      step('d', { needs: ['c'], state: 'NotStarted' }),
      step('e', { needs: ['a'], state: 'Reused', started_at: at(3), ended_at: at(3) }),
      step('f', { needs: ['a'], state: 'Skipped', ended_at: at(3) }),
    ],
    at(1),
  );
  expect([...found].map(([id, one]) => [id, one.queued])).toEqual([
    ['a', 1000],
    ['b', 3000],
    ['b/x', 5000],
    ['c', 9000],
    ['d', null],
    ['e', null],
    ['f', null],
  ]);
});
