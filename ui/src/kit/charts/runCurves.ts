// Curves of many runs as plain arrays: smoothing, means of groups, the nearest one to a place.

export interface RunCurve {
  id: string;
  name: string;
  colour: string;
  dash?: readonly number[] | undefined;
  x: readonly number[];
  y: readonly (number | null)[];
  /** Of a mean: the band around it. */
  low?: readonly (number | null)[];
  high?: readonly (number | null)[];
}

/** Exponential moving average that starts unbiased: weight 0 leaves the curve as it is. */
export function smoothed(y: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...y];
  let last = 0;
  let seen = 0;
  return y.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    last = last * weight + (1 - weight) * value;
    seen += 1;
    return last / (1 - weight ** seen);
  });
}

/** The value of a curve at a place, between its points in a straight line; null outside of it. */
export function valueAt(curve: Pick<RunCurve, 'x' | 'y'>, at: number): number | null {
  const { x, y } = curve;
  let low = 0;
  let high = x.length - 1;
  if (high < 0 || at < (x[0] ?? 0) || at > (x[high] ?? 0)) return null;
  while (low < high - 1) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  const [a, b] = [y[low] ?? null, y[high] ?? null];
  if (a === null || b === null) return a ?? b;
  const [from, to] = [x[low] ?? 0, x[high] ?? 0];
  return to === from ? b : a + ((b - a) * (at - from)) / (to - from);
}

const GRID = 200;

/** Mean of some curves with the band of one standard deviation, where at least one of them has a value. */
export function meanOf(curves: readonly RunCurve[], as: Pick<RunCurve, 'id' | 'name' | 'colour'>): RunCurve {
  const all = curves.flatMap((curve) => [curve.x[0] ?? Infinity, curve.x.at(-1) ?? -Infinity]);
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const known = [...new Set(curves.flatMap((curve) => [...curve.x]))].sort((a, b) => a - b);
  const even = Array.from({ length: GRID }, (_, n) => first + ((last - first) * n) / (GRID - 1));
  const x = known.length <= GRID || !Number.isFinite(first) ? known : even;
  const y: (number | null)[] = [];
  const low: (number | null)[] = [];
  const high: (number | null)[] = [];
  for (const at of x) {
    const values = curves.flatMap((curve) => valueAt(curve, at) ?? []);
    if (values.length === 0) {
      y.push(null);
      low.push(null);
      high.push(null);
      continue;
    }
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    y.push(mean);
    low.push(mean - spread);
    high.push(mean + spread);
  }
  return { ...as, x, y, low, high };
}

export interface Extent {
  x: [number, number];
  y: [number, number];
}

/** The box that holds all points, bands included; on a logarithmic axis only those above zero count. */
export function extentOf(curves: readonly RunCurve[], log: boolean): Extent {
  const x: [number, number] = [Infinity, -Infinity];
  const y: [number, number] = [Infinity, -Infinity];
  for (const curve of curves) {
    if (curve.x.length === 0) continue;
    x[0] = Math.min(x[0], curve.x[0] ?? Infinity);
    x[1] = Math.max(x[1], curve.x.at(-1) ?? -Infinity);
    for (const values of [curve.y, curve.low ?? [], curve.high ?? []])
      for (const value of values) {
        if (value === null || !Number.isFinite(value) || (log && value <= 0)) continue;
        if (value < y[0]) y[0] = value;
        if (value > y[1]) y[1] = value;
      }
  }
  return { x: x[0] > x[1] ? [0, 1] : x, y: y[0] > y[1] ? (log ? [0.1, 1] : [0, 1]) : y };
}

/** The curve nearest to a place: distance counted in pixels by the caller's scale. */
export function nearest(
  curves: readonly RunCurve[],
  at: number,
  top: number,
  toTop: (value: number) => number,
  reach = 40,
): { curve: RunCurve; value: number } | null {
  let best: { curve: RunCurve; value: number } | null = null;
  let least = reach;
  for (const curve of curves) {
    const value = valueAt(curve, at);
    if (value === null) continue;
    const distance = Math.abs(toTop(value) - top);
    if (distance < least) {
      least = distance;
      best = { curve, value };
    }
  }
  return best;
}
