import { metric } from '@/kernel/format';

export interface Curve {
  id: string;
  name: string;
  /** Colour slot; the same run has the same slot everywhere on a page. */
  slot?: number;
  x: readonly number[];
  y: readonly (number | null)[];
  /** What the series ends with, where that is no finite number and so not in y. */
  last?: string;
  /** Lowest and highest value of the part of the axis that a point stands for, where the server thinned the curve. */
  low?: readonly (number | null)[] | undefined;
  high?: readonly (number | null)[] | undefined;
}

type Column = (number | null)[];

export interface Aligned {
  xs: number[];
  ys: Column[];
  lows: (Column | null)[];
  highs: (Column | null)[];
}

/** More x than any screen has columns of pixels; above it neighbours share one. */
const MOST = 4000;

/**
 * Several curves over one shared, sorted x; null where a curve has no point.
 * Curves over time have hardly an x in common: two hundred of them would make a table of millions of holes, so beyond
 * `most` different x a point goes to the nearest of `most` places, less than a pixel away.
 */
export function align(curves: readonly Curve[], most = MOST): Aligned {
  const all = new Set<number>();
  for (const curve of curves) for (const x of curve.x) all.add(x);
  let xs = [...all].sort((a, b) => a - b);
  let place: (x: number) => number;
  if (xs.length <= most) {
    const at = new Map(xs.map((x, index) => [x, index]));
    place = (x) => at.get(x) ?? 0;
  } else {
    const first = xs[0] ?? 0;
    const width = ((xs.at(-1) ?? 0) - first) / (most - 1);
    xs = Array.from({ length: most }, (_, index) => first + index * width);
    place = (x) => Math.round((x - first) / width);
  }
  const spread = (curve: Curve, values: readonly (number | null)[]): Column => {
    const column = new Array<number | null>(xs.length).fill(null);
    curve.x.forEach((x, index) => {
      const y = values[index];
      column[place(x)] = y === undefined || y === null || !Number.isFinite(y) ? null : y;
    });
    return column;
  };
  return {
    xs,
    ys: curves.map((curve) => spread(curve, curve.y)),
    lows: curves.map((curve) => (curve.low ? spread(curve, curve.low) : null)),
    highs: curves.map((curve) => (curve.high ? spread(curve, curve.high) : null)),
  };
}

/**
 * The exponential moving average that TensorBoard draws: weight 0 is the curve itself, 0.99 nearly a line.
 * The first points are not pulled towards zero (divided by how much weight there has been).
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let last = 0;
  let seen = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return value;
    last = last * weight + (1 - weight) * value;
    seen += 1;
    return last / (1 - weight ** seen);
  });
}

/** What a logarithmic axis can show: values of zero and below become holes. */
export function positive(values: readonly (number | null)[]): (number | null)[] {
  return values.map((value) => (value !== null && value > 0 ? value : null));
}

/** What a curve ends with, as text. */
export function lastOf(curve: Curve): string {
  const last = curve.y.at(-1);
  return curve.last ?? (last == null ? 'no finite number' : metric(last));
}
