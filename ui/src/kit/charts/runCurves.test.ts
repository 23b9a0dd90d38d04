import { expect, test } from 'vitest';
import { extentOf, meanOf, nearest, smoothed, valueAt, type RunCurve } from './runCurves';
import { bandOf, rampColour, surface } from './surface';

const curve = (id: string, x: number[], y: (number | null)[]): RunCurve => ({
  id,
  name: id,
  colour: '',
  x,
  y,
});

test('smoothing starts where the curve starts, keeps gaps and does nothing at weight 0', () => {
  expect(smoothed([2, 2, null, 2], 0.9)).toEqual([2, 2, null, 2]);
  expect(smoothed([1, 5], 0)).toEqual([1, 5]);
  const [first, second] = smoothed([0, 1], 0.5);
  expect(first).toBe(0);
  expect(second).toBeCloseTo(2 / 3);
});

test('a curve has values between its points and none outside', () => {
  const line = curve('a', [0, 10, 20], [0, 10, null]);
  expect([valueAt(line, 5), valueAt(line, 10), valueAt(line, 15), valueAt(line, 21)]).toEqual([
    5,
    10,
    10,
    null,
  ]);
  expect(valueAt(curve('b', [], []), 1)).toBeNull();
});

test('a mean has a band of one deviation and goes on where only one run does', () => {
  const mean = meanOf([curve('a', [0, 1, 2], [0, 0, 0]), curve('b', [0, 1], [2, 2])], {
    id: 'm',
    name: 'm',
    colour: '',
  });
  expect(mean.x).toEqual([0, 1, 2]);
  expect(mean.y).toEqual([1, 1, 0]);
  expect(mean.low).toEqual([0, 0, 0]);
  expect(mean.high).toEqual([2, 2, 0]);
});

test('the nearest curve is found within reach only', () => {
  const curves = [curve('a', [0, 10], [0, 0]), curve('b', [0, 10], [100, 100])];
  expect(nearest(curves, 5, 90, (value) => value)?.curve.id).toBe('b');
  expect(nearest(curves, 5, 50, (value) => value, 20)).toBeNull();
});

test('the frame holds every point; on a logarithmic one what is not above zero does not count', () => {
  const line = curve('a', [1, 2], [-1, 3]);
  expect(extentOf([line], false)).toEqual({ x: [1, 2], y: [-1, 3] });
  expect(extentOf([line], true).y).toEqual([3, 3]);
  expect(extentOf([], false)).toEqual({ x: [0, 1], y: [0, 1] });
});

test('a surface meets its samples and says nothing far from them', () => {
  const grid = surface(
    [
      { x: 0.05, y: 0.05, z: 1 },
      { x: 0.15, y: 0.05, z: 0 },
    ],
    10,
    10,
    0.2,
  );
  expect(grid[0]).toBeCloseTo(1, 1);
  expect(grid[1]).toBeCloseTo(0, 1);
  expect(grid[99]).toBeNaN();
  expect([bandOf(0, 9), bandOf(0.5, 9), bandOf(1, 9)]).toEqual([0, 4, 8]);
  const [dark, pale] = [0, 255].map((part) => `#${part.toString(16).padStart(2, '0').repeat(3)}`);
  expect(rampColour([dark ?? '', pale ?? ''], 0.5, '')).toBe('rgb(128 128 128)');
  expect(rampColour([dark ?? ''], NaN, 'none')).toBe('none');
});
