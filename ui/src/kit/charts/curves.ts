export interface Curve {
  id: string;
  name: string;
  /** Colour slot; the same run has the same slot everywhere on a page. */
  slot?: number;
  x: readonly number[];
  y: readonly (number | null)[];
}

/** Several curves over one shared, sorted x; null where a curve has no point. */
export function align(curves: readonly Curve[]): { xs: number[]; ys: (number | null)[][] } {
  const xs = [...new Set(curves.flatMap((curve) => [...curve.x]))].sort((a, b) => a - b);
  const at = new Map(xs.map((x, index) => [x, index]));
  const ys = curves.map((curve) => {
    const column = new Array<number | null>(xs.length).fill(null);
    curve.x.forEach((x, index) => {
      const y = curve.y[index];
      column[at.get(x) ?? 0] = y === undefined || y === null || !Number.isFinite(y) ? null : y;
    });
    return column;
  });
  return { xs, ys };
}
