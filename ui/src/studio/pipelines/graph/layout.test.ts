import { expect, test } from 'vitest';
import { layersOf, place, spread, type Box, type Wire } from './layout';

const boxes = (...ids: string[]): Box[] => ids.map((id) => ({ id, width: 200, height: 60 }));
const wires = (text: string): Wire[] =>
  text.split(' ').map((one) => ({ source: one.split('>')[0] ?? '', target: one.split('>')[1] ?? '' }));

test('a step stands below all that it needs, and a source right above its first user', () => {
  expect(
    layersOf(4, [
      [0, 1],
      [1, 2],
      [3, 2],
    ]),
  ).toEqual([0, 1, 2, 1]);
});

test('what goes in a circle is still placed', () => {
  expect(place(boxes('a', 'b'), wires('a>b b>a')).boxes).toHaveLength(2);
});

test('middles keep their distances and come as near as they can to where they are wanted', () => {
  expect(spread([0, 0, 0], [0, 10, 10])).toEqual([-10, 0, 10]);
  expect(spread([0, 100], [0, 10])).toEqual([0, 100]);
  expect(spread([50, 0, 100], [0, 10, 10])).toEqual([20, 30, 100]);
});

test('boxes do not overlap and all is in the picture', () => {
  const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
  const placed = place(
    boxes(...names),
    names.flatMap((target, n) => [3, 7].flatMap((d) => (n >= d ? [{ source: `n${n - d}`, target }] : []))),
  );
  for (const [n, a] of placed.boxes.entries()) {
    expect(a.x).toBeGreaterThanOrEqual(0);
    expect(a.x + a.width).toBeLessThanOrEqual(placed.width + 0.5);
    expect(a.y + a.height).toBeLessThanOrEqual(placed.height);
    for (const b of placed.boxes.slice(n + 1)) {
      const apart =
        a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
      expect(apart, `${a.id} and ${b.id}`).toBe(true);
    }
  }
});

test('a diamond stands upright, and what it crosses in the order it comes is turned round', () => {
  const { boxes: found } = place(boxes('a', 'b', 'c', 'd'), wires('a>b a>c b>d c>d'));
  const at = new Map(found.map((box) => [box.id, box.x]));
  expect(at.get('a')).toBeCloseTo(at.get('d') ?? -1);
  expect(((at.get('b') ?? 0) + (at.get('c') ?? 0)) / 2).toBeCloseTo(at.get('a') ?? -1);
  const crossed = place(boxes('a', 'b', 'x', 'y'), wires('a>y b>x'));
  const x = new Map(crossed.boxes.map((box) => [box.id, box.x]));
  expect((x.get('y') ?? 0) < (x.get('x') ?? 0)).toBe((x.get('a') ?? 0) < (x.get('b') ?? 0));
});

test('a wire that passes layers keeps clear of their boxes', () => {
  const placed = place(boxes('a', 'b', 'c'), wires('a>b b>c a>c'));
  const long = placed.wires.find((wire) => wire.source === 'a' && wire.target === 'c');
  const between = placed.boxes.find((box) => box.id === 'b');
  expect(long?.points).toHaveLength(4);
  const x = long?.points[1]?.[0] ?? 0;
  expect(x < (between?.x ?? 0) || x > (between?.x ?? 0) + 200).toBe(true);
});

test('five hundred steps are placed at once', () => {
  const names = Array.from({ length: 500 }, (_, n) => `n${n}`);
  const all = names.flatMap((target, n) =>
    [1, 5].flatMap((d) => (n >= d ? [{ source: `n${n - d}`, target }] : [])),
  );
  const begun = performance.now();
  place(boxes(...names), all);
  expect(performance.now() - begun).toBeLessThan(1000);
});
