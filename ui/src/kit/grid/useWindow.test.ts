import { expect, test } from 'vitest';
import { rowsInView, rowsToDraw } from './useWindow';

test('rows in view are all that a first picture needs', () => {
  expect(rowsInView(0, 600, 40, 500)).toEqual([0, 15]);
  expect(rowsInView(1010, 600, 40, 500)).toEqual([25, 41]);
  expect(rowsInView(1e9, 600, 40, 500)).toEqual([499, 499]);
  expect(rowsInView(0, 600, 40, 0)).toEqual([0, -1]);
});

test('rows to draw hold those in view, wherever a table is scrolled to', () => {
  for (let top = 0; top < 19_400; top += 137) {
    const [first, last] = rowsInView(top, 600, 40, 500);
    const [from, to] = rowsToDraw(top, 600, 40, 500);
    expect(from <= first && to >= last).toBe(true);
  }
});
