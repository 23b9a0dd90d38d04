// A pair of axes that others paint on: uPlot gives scales, ticks, zoom and cursor, the drawing is the caller's.
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Palette } from '@/theme';
import { placeTexts } from './axis';
import { tick as tickText } from './parallel';

export interface PlaneAxis {
  low: number;
  high: number;
  log?: boolean;
  time?: boolean;
  label?: string | undefined;
  /** The part that is shown at first, of what is there. */
  shown?: readonly [number, number] | null;
  /** Places and words of the ticks, for categories. */
  categories?: readonly string[] | null;
}

export interface PlaneLook {
  height: number;
  x: PlaneAxis;
  y: PlaneAxis;
  palette: Palette;
  sync?: string | undefined;
  /** Where the pointer is, in CSS pixels of the plotting area; null when it left. */
  onMove?: (left: number, top: number, plot: UPlot) => void;
  onLeave?: () => void;
  onPick?: () => void;
  /** The part of x that is shown after a zoom; null after a reset. */
  onRange?: (range: readonly [number, number] | null, plot: UPlot) => void;
}

export type Paint = (ctx: CanvasRenderingContext2D, plot: UPlot) => void;

export interface Plane {
  plot: UPlot;
  /** A second canvas over the first: what follows the pointer costs no redraw of the rest. */
  over: (paint: Paint | null) => void;
  destroy: () => void;
}

const DOUBLE_MS = 250; // within which two clicks are one double click

function axisOf(look: PlaneAxis, p: Palette, size: number): UPlot.Axis {
  const { categories, label } = look;
  return {
    stroke: p.muted,
    font: "12px 'Inter Variable', system-ui",
    grid: { stroke: p.border, width: 1 },
    ticks: { show: false },
    size,
    ...(label ? { label, labelSize: 20, labelFont: "12px 'Inter Variable', system-ui" } : {}),
    ...(categories
      ? {
          splits: () => categories.map((_, index) => index),
          values: () => categories.map((text) => (text.length > 12 ? `${text.slice(0, 11)}…` : text)),
        }
      : look.time
        ? {}
        : { values: (_plot, ticks) => placeTexts(ticks, tickText, 4) }),
  };
}

function spread(axis: PlaneAxis): [number, number] {
  if (axis.low === axis.high)
    return axis.log ? [axis.low / 2, axis.high * 2] : [axis.low - 0.5, axis.high + 0.5];
  if (axis.categories) return [-0.5, axis.categories.length - 0.5];
  if (axis.log) {
    const by = (axis.high / axis.low) ** 0.03;
    return [axis.low / by, axis.high * by];
  }
  return [axis.low, axis.high];
}

export function plane(host: HTMLElement, look: PlaneLook, paint: Paint): Plane {
  const { palette: p } = look;
  const [x0, x1] = spread(look.x);
  const [y0, y1] = spread(look.y);
  const room = look.y.log || look.y.categories ? 0 : (y1 - y0) * 0.04;
  const layer = document.createElement('canvas');
  Object.assign(layer.style, {
    position: 'absolute',
    inset: '0',
    width: '100%',
    height: '100%',
    pointerEvents: 'none',
  });
  let top: Paint | null = null;
  const repaint = (plot: UPlot) => {
    const ratio = UPlot.pxRatio;
    const [wide, tall] = [plot.over.clientWidth, plot.over.clientHeight];
    layer.width = Math.round(wide * ratio);
    layer.height = Math.round(tall * ratio);
    const ctx = layer.getContext('2d');
    if (!ctx || !top) return;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    top(ctx, plot);
  };
  let ready = false;
  const plot = new UPlot(
    {
      width: Math.max(160, host.clientWidth),
      height: look.height,
      legend: { show: false },
      scales: {
        x: {
          time: look.x.time ?? false,
          distr: look.x.log ? 3 : 1,
          range: (_u, low, high) => [low ?? x0, high ?? x1],
        },
        y: { distr: look.y.log ? 3 : 1, range: () => [y0 - room, y1 + room] },
      },
      axes: [{ ...axisOf(look.x, p, 30), space: 60 }, axisOf(look.y, p, 60)],
      series: [{}, { show: true, paths: () => null, points: { show: false } }],
      cursor: {
        drag: { x: true, y: false },
        points: { show: false },
        y: look.sync === undefined,
        ...(look.sync ? { sync: { key: look.sync, setSeries: false } } : {}),
      },
      hooks: {
        init: [(made) => made.over.append(layer)],
        draw: [
          (made) => {
            const { ctx, bbox } = made;
            ctx.save();
            ctx.beginPath();
            ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
            ctx.clip();
            paint(ctx, made);
            ctx.restore();
            repaint(made);
          },
        ],
        setCursor: [
          (made) => {
            const { left, top: above } = made.cursor;
            if (left === undefined || above === undefined || left < 0) look.onLeave?.();
            else look.onMove?.(left, above, made);
          },
        ],
        setScale: [
          (made, key) => {
            if (key !== 'x' || !ready) return;
            const { min, max } = made.scales.x ?? {};
            if (min === undefined || max === undefined || min === null || max === null) return;
            look.onRange?.(min <= x0 && max >= x1 ? null : [min, max], made);
          },
        ],
      },
    },
    [
      [x0, x1],
      [y0, y1],
    ],
    host,
  );
  const { shown } = look.x;
  if (shown) plot.setScale('x', { min: shown[0], max: shown[1] });
  queueMicrotask(() => (ready = true)); // the plot tells of its first scales in one of its own, before
  let pressed = 0;
  plot.over.addEventListener('mousedown', (event) => (pressed = event.clientX));
  let picking: ReturnType<typeof setTimeout> | undefined;
  plot.over.addEventListener('click', (event) => {
    clearTimeout(picking);
    if (Math.abs(event.clientX - pressed) >= 4) return; // the end of a drag
    if (event.detail < 2) picking = setTimeout(() => look.onPick?.(), DOUBLE_MS); // the second one goes back from a zoom
  });
  const observer = new ResizeObserver(([entry]) =>
    plot.setSize({ width: Math.max(160, Math.floor(entry?.contentRect.width ?? 0)), height: look.height }),
  );
  observer.observe(host);
  return {
    plot,
    over: (next) => {
      top = next;
      repaint(plot);
    },
    destroy: () => {
      clearTimeout(picking);
      observer.disconnect();
      plot.destroy();
    },
  };
}
