// What a scatter draws beside its points.
import type { Spot } from './lasso';
import { scaleOf, type ParallelAxis } from './parallel';
import { bandOf, rgb, surface } from './surface';

const GRID = { wide: 96, tall: 64, bands: 9 };

/** A line that is drawn around points. */
export function outline(ctx: CanvasRenderingContext2D, line: readonly Spot[], colour: string): void {
  ctx.beginPath();
  for (const [left, top] of line) ctx.lineTo(left, top);
  ctx.closePath();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.globalAlpha = 0.12;
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** A third column over the plane of two, interpolated between the points; null where there are too few. */
export function contourOf(
  x: ParallelAxis,
  y: ParallelAxis,
  z: ParallelAxis,
  points: readonly number[],
  ramp: readonly string[],
): HTMLCanvasElement | null {
  const [sx, sy, sz] = [scaleOf(x), scaleOf(y), scaleOf(z)];
  const samples = points.flatMap((n) => {
    const share = sz.to(z.values[n] ?? NaN);
    return Number.isFinite(share)
      ? [{ x: sx.to(x.values[n] ?? 0), y: sy.to(y.values[n] ?? 0), z: share }]
      : [];
  });
  if (samples.length < 4) return null;
  const grid = surface(samples, GRID.wide, GRID.tall);
  const canvas = document.createElement('canvas');
  canvas.width = GRID.wide;
  canvas.height = GRID.tall;
  const ctx = canvas.getContext('2d');
  if (!ctx) return null;
  const pixels = ctx.createImageData(GRID.wide, GRID.tall);
  grid.forEach((share, index) => {
    if (Number.isNaN(share)) return;
    const at = (bandOf(share, GRID.bands) / (GRID.bands - 1)) * (ramp.length - 1);
    const [r, g, b] = rgb(ramp[Math.round(at)] ?? '');
    const row = GRID.tall - 1 - Math.floor(index / GRID.wide);
    pixels.data.set([r, g, b, 255], 4 * (row * GRID.wide + (index % GRID.wide)));
  });
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}

/** A ring around the point that the keyboard is at. */
export function ring(ctx: CanvasRenderingContext2D, [left, top]: Spot, colour: string): void {
  ctx.beginPath();
  ctx.arc(left, top, 9, 0, 2 * Math.PI);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.5;
  ctx.stroke();
}
