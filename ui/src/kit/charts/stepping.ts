import type { Spot } from './lasso';

export type Way = 'left' | 'right' | 'up' | 'down';

/** A unit step of each direction, in pixels of a screen. */
const STEPS: Readonly<Record<Way, Spot>> = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };

/**
 * The point that the keyboard goes to from another one: the nearest in a direction, where what lies aside counts twice.
 * From nowhere the first one from that side; null where there is none.
 */
export function stepTo(
  points: readonly number[],
  spotOf: (point: number) => Spot,
  from: number | null,
  way: Way,
): number | null {
  const [dx, dy] = STEPS[way];
  const start = from === null ? null : spotOf(from);
  let best: number | null = start ? from : null;
  let least = Infinity;
  for (const point of points) {
    if (point === from) continue;
    const [left, top] = spotOf(point);
    const along = (left - (start?.[0] ?? 0)) * dx + (top - (start?.[1] ?? 0)) * dy;
    const aside = start ? Math.abs((left - start[0]) * dy) + Math.abs((top - start[1]) * dx) : 0;
    // of points at one place the later ones follow, so that each is reached
    const further = start ? along > 0.01 || (along > -0.01 && aside < 0.01 && point > (from ?? -1)) : true;
    const distance = along + 2 * aside;
    if (further && distance < least) {
      least = distance;
      best = point;
    }
  }
  return best;
}
