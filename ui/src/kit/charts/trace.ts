import type UPlot from 'uplot';
import type { RunCurve } from './runCurves';

/** Draw a curve, and its band if it has one. `canvas`: in pixels of uPlot's canvas, else of the area over it. */
export function trace(
  ctx: CanvasRenderingContext2D,
  plot: UPlot,
  curve: RunCurve,
  width: number,
  canvas: boolean,
): void {
  const { x, y, low, high } = curve;
  const log = plot.scales.y?.distr === 3;
  const floor = plot.scales.y?.min ?? 0;
  const toX = line(plot, 'x', canvas);
  const straight = line(plot, 'y', canvas);
  const toY = log ? (value: number) => straight(Math.max(value, floor)) : straight;
  if (low && high) {
    ctx.fillStyle = curve.colour;
    ctx.globalAlpha = 0.15;
    ctx.beginPath();
    x.forEach((at, index) => {
      const value = high[index];
      if (value !== null && value !== undefined) ctx.lineTo(toX(at), toY(value));
    });
    for (let index = x.length - 1; index >= 0; index -= 1) {
      const value = low[index];
      if (value !== null && value !== undefined) ctx.lineTo(toX(x[index] ?? 0), toY(value));
    }
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  ctx.strokeStyle = curve.colour;
  ctx.lineWidth = width;
  ctx.setLineDash((curve.dash ?? []).map((part) => part * (canvas ? window.devicePixelRatio || 1 : 1)));
  ctx.beginPath();
  let down = false;
  let drawn = 0;
  for (let index = 0; index < x.length; index += 1) {
    const value = y[index];
    if (value === null || value === undefined || (log && value <= 0)) continue;
    if (down) ctx.lineTo(toX(x[index] ?? 0), toY(value));
    else ctx.moveTo(toX(x[index] ?? 0), toY(value));
    down = true;
    drawn += 1;
  }
  if (drawn === 1) {
    const index = y.findIndex((value) => value !== null);
    ctx.arc(toX(x[index] ?? 0), toY(y[index] ?? 0), 2 * width, 0, 2 * Math.PI); // one point is a dot
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

/** A scale as one multiplication: uPlot's own function looks everything up again for each of 30,000 points. */
function line(plot: UPlot, key: 'x' | 'y', canvas: boolean): (value: number) => number {
  const { min, max, distr } = plot.scales[key] ?? {};
  const [low, high] = [min ?? 0, max ?? 1];
  const [from, to] = [plot.valToPos(low, key, canvas), plot.valToPos(high, key, canvas)];
  if (distr === 3) {
    const [a, b] = [Math.log(low), Math.log(high)];
    return (value) => from + ((Math.log(value) - a) / (b - a)) * (to - from);
  }
  const slope = (to - from) / (high - low);
  return (value) => from + (value - low) * slope;
}
