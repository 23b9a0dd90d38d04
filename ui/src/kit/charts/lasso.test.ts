import { expect, test } from 'vitest';
import { inside } from './lasso';

test('a point is inside a line when a ray from it crosses it an odd number of times', () => {
  const u = [[0, 0], [9, 0], [9, 9], [6, 9], [6, 3], [3, 3], [3, 9], [0, 9]] as const; // prettier-ignore
  expect(inside(u, [1, 5])).toBe(true);
  expect(inside(u, [8, 8])).toBe(true);
  expect(inside(u, [4.5, 6])).toBe(false); // between the arms
  expect(inside(u, [4.5, 1])).toBe(true);
  expect(inside(u, [12, 5])).toBe(false);
  expect(inside([], [0, 0])).toBe(false);
});
