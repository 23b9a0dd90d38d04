import { expect, test } from 'vitest';
import { stepTo, type Way } from './stepping';

const SPOTS = [
  [10, 10],
  [50, 12],
  [52, 80],
  [90, 40],
  [90, 40],
] as const;
const to = (from: number | null, way: Way) => stepTo([0, 1, 2, 3, 4], (n) => SPOTS[n] ?? [0, 0], from, way);

test('arrows go to the nearest point of a direction and stay where there is none', () => {
  expect(to(null, 'right')).toBe(0);
  expect(to(null, 'left')).toBe(3);
  expect(to(0, 'right')).toBe(1);
  expect(to(1, 'right')).toBe(3);
  expect(to(1, 'down')).toBe(2);
  expect(to(2, 'up')).toBe(1);
  expect(to(0, 'left')).toBe(0);
});

test('points at one place are met one after another', () => {
  expect(to(3, 'right')).toBe(4);
  expect(to(4, 'left')).toBe(1);
});
