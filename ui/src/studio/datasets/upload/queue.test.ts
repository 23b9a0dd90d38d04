import { expect, test } from 'vitest';
import { withoutCommonFolder } from './gather';
import { Pace, PIECE, pieceOf, totalsOf, waitOf, type Item } from './queue';

const item = (change: Partial<Item>): Item => ({
  path: 'a',
  size: 10,
  received: 0,
  state: 'waiting',
  ...change,
});

test('a file is sent in pieces, from where it stopped', () => {
  expect(pieceOf(item({ size: PIECE * 2 + 5, received: PIECE }))).toEqual([PIECE, 2 * PIECE]);
  expect(pieceOf(item({ size: PIECE + 5, received: PIECE }))).toEqual([PIECE, PIECE + 5]);
  expect(pieceOf(item({ received: 10 }))).toBeNull();
  expect(pieceOf(item({ size: 0 }))).toEqual([0, 0]);
  expect(pieceOf(item({ size: 0, state: 'done' }))).toBeNull();
});

test('totals count what is there', () => {
  const all = [item({ state: 'done', received: 0 }), item({ received: 4 }), item({ state: 'failed' })];
  expect(totalsOf(all)).toEqual({ files: 3, done: 1, failed: 1, lost: 0, bytes: 30, received: 14 });
});

test('the time left follows the pace of the last seconds', () => {
  const pace = new Pace();
  pace.add(0, 0);
  expect(pace.rate).toBeNull();
  pace.add(4000, 4000);
  expect(pace.rate).toBe(1000);
  expect(pace.left(2000)).toBe(2);
  pace.add(40_000, 4000); // it stood still since: what was long ago no longer counts
  expect(pace.left(10)).toBeNull();
});

test('tries become rarer', () => {
  expect([1, 2, 3, 9].map(waitOf)).toEqual([1000, 2000, 4000, 30_000]);
});

test('a dropped folder is the dataset', () => {
  const file = new File([], 'x');
  const paths = (all: { path: string }[]) => all.map((one) => one.path);
  expect(
    paths(
      withoutCommonFolder([
        { path: 'd/a.csv', file },
        { path: 'd/e/b.csv', file },
      ]),
    ),
  ).toEqual(['a.csv', 'e/b.csv']);
  expect(
    paths(
      withoutCommonFolder([
        { path: 'd/a.csv', file },
        { path: 'b.csv', file },
      ]),
    ),
  ).toEqual(['d/a.csv', 'b.csv']);
});
