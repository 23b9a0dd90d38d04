import { expect, test } from 'vitest';
import { areaOf, columnsAt, edgesOf, LONGEST, revealing, rowsAt, toTsv, trackOf } from './sheet';

test('a short table scrolls pixel by pixel', () => {
  expect(trackOf(100, 28, 560)).toEqual({ total: 2800, scrolled: 2800, end: 2240, ratio: 1 });
});

test('the scrollbar of ten million rows reaches the last of them', () => {
  const track = trackOf(10_000_000, 28, 560);
  expect(track.scrolled).toBe(LONGEST);
  const top = (track.scrolled - 560) * track.ratio;
  expect(rowsAt(top, 560, 28, 10_000_000)[1]).toBe(9_999_999);
});

test('a row comes into view moved as little as needed', () => {
  expect(revealing(5, 0, 560, 28)).toBe(0);
  expect(revealing(30, 0, 560, 28)).toBe(31 * 28 - 560);
  expect(revealing(2, 500, 560, 28)).toBe(56);
});

test('of five hundred columns those in view are drawn, behind the pinned ones', () => {
  const edges = edgesOf(Array.from({ length: 500 }, () => 100));
  expect(columnsAt(edges, 2, 0, 800)).toEqual([2, 7]);
  expect(columnsAt(edges, 2, 10_000, 800)).toEqual([102, 107]);
  expect(columnsAt(edges, 0, 49_200, 800)).toEqual([492, 499]);
});

test('an area has its corners in order and is copied as tab-separated text', () => {
  expect(areaOf([5, 3], [2, 4])).toEqual({ rows: [2, 5], columns: [3, 4] });
  expect(
    toTsv([
      ['a', null],
      ['say "x"\n', 2],
    ]),
  ).toBe('a\t\n"say ""x""\n"\t2');
});
