// The uPlot half of Curves, loaded when the first curve is drawn.
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { metric } from '@/kernel/format';
import type { Palette } from '@/theme';
import { placeTexts } from './axis';
import { align, positive, smooth, type Curve } from './curves';

export interface Look {
  height: number;
  xName: string;
  sync: string | undefined;
  logScale: boolean;
  /** 0 to 0.99, as in TensorBoard; the raw values stay behind, faint. */
  smoothing: number;
  /** The part of x that is shown; null: all there is. */
  range: readonly [number, number] | null;
}

export interface Hooks {
  /** The place of the cursor: x, and the value of each curve there. */
  onHover: (x: number | null, values: readonly (number | null)[]) => void;
  /** A part of x was chosen with the mouse, or all of it (double click). */
  onRange?: ((range: [number, number] | null) => void) | undefined;
}

export interface Drawn {
  /** New points for the same curves: drawn in place, without a flicker. */
  update: (curves: readonly Curve[], range: Look['range']) => void;
  resize: (width: number) => void;
  png: () => Promise<Blob | null>;
  destroy: () => void;
}

const DASHES: readonly (number[] | undefined)[] = [undefined, [8, 4], [2, 3]];
const BANDS = 8; // more envelopes than these cover each other

/** Which drawn series belong to a curve: [low, high]? raw (smoothed)?, in this order. */
interface Plan {
  data: UPlot.AlignedData;
  value: number[]; // index of the series with the true values, by curve
}

function planOf(curves: readonly Curve[], look: Look): Plan {
  const { xs, ys, lows, highs } = align(curves);
  const shown = look.logScale ? positive : (column: readonly (number | null)[]) => [...column];
  const columns: (number | null)[][] = [];
  const value: number[] = [];
  curves.forEach((curve, index) => {
    if (banded(curves, curve)) columns.push(shown(lows[index] ?? []), shown(highs[index] ?? []));
    const raw = ys[index] ?? [];
    columns.push(shown(raw));
    value.push(columns.length);
    if (look.smoothing > 0) columns.push(shown(smooth(raw, look.smoothing)));
  });
  return { data: [xs, ...columns], value };
}

const banded = (curves: readonly Curve[], curve: Curve) =>
  curves.length <= BANDS && curve.low !== undefined && curve.high !== undefined;

export function draw(
  host: HTMLElement,
  curves: readonly Curve[],
  p: Palette,
  look: Look,
  hooks: Hooks,
): Drawn {
  let range = look.range;
  let plan = planOf(curves, look);
  const axis: UPlot.Axis = {
    stroke: p.muted,
    font: "12px 'Inter Variable', system-ui",
    grid: { stroke: p.border, width: 1 },
    ticks: { show: false },
  };
  const series: UPlot.Series[] = [{ label: look.xName }];
  const bands: UPlot.Band[] = [];
  curves.forEach((curve, index) => {
    const slot = curve.slot ?? index;
    const stroke = p.series[slot % p.series.length] ?? p.accent;
    const dash = DASHES[Math.floor(slot / 4) % DASHES.length]; // colour alone is not enough past four
    const line: UPlot.Series = { label: curve.name, stroke, spanGaps: true, ...(dash ? { dash } : {}) };
    if (banded(curves, curve)) {
      const edge: UPlot.Series = { stroke: 'transparent', width: 0, spanGaps: true, points: { show: false } };
      series.push(edge, edge);
      bands.push({ series: [series.length - 1, series.length - 2], fill: `${stroke}26` });
    }
    const points = { show: (plot: UPlot) => (plot.data[0]?.length ?? 0) < 60, size: 4 };
    if (look.smoothing > 0) {
      series.push(
        { ...line, width: 1, alpha: 0.3, points: { show: false } },
        { ...line, width: 2, points: { show: false } },
      );
    } else series.push({ ...line, width: 1.5, points });
  });
  const options: UPlot.Options = {
    width: Math.max(160, host.clientWidth),
    height: look.height,
    legend: { show: false },
    scales: {
      x: { time: look.xName === 'time', range: (_plot, low, high) => within(range, low, high) },
      y: { distr: look.logScale ? 3 : 1 },
    },
    axes: [
      { ...axis, space: 60, size: 32 },
      {
        ...axis,
        size: 60,
        values: (_plot, ticks) => placeTexts(ticks, metric, 3),
      },
    ],
    series,
    bands,
    cursor: {
      drag: { x: true, y: false, setScale: hooks.onRange === undefined },
      ...(look.sync ? { sync: { key: look.sync, setSeries: false } } : {}),
      bind: {
        dblclick: (_plot, _target, handler) => (event: MouseEvent) => {
          if (hooks.onRange) hooks.onRange(null);
          else handler(event);
          return null;
        },
      },
    },
    hooks: {
      setCursor: [
        (plot) => {
          const index = plot.cursor.idx;
          const x = index == null ? undefined : plot.data[0][index];
          hooks.onHover(
            x ?? null,
            x === undefined ? [] : plan.value.map((column) => nearest(plot.data[column] ?? [], index ?? 0)),
          );
        },
      ],
      setSelect: [
        (plot) => {
          if (!hooks.onRange || plot.select.width < 4) return;
          const low = plot.posToVal(plot.select.left, 'x');
          const high = plot.posToVal(plot.select.left + plot.select.width, 'x');
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          if (high > low) hooks.onRange([low, high]);
        },
      ],
    },
  };
  const plot = new UPlot(options, plan.data, host);
  return {
    update: (next, newRange) => {
      range = newRange;
      plan = planOf(next, look);
      plot.setData(plan.data);
    },
    resize: (width) => plot.setSize({ width: Math.max(160, width), height: look.height }),
    png: () => picture(plot, p),
    destroy: () => plot.destroy(),
  };
}

/** The chosen range, else all of x; a single point gets room around it. */
function within(range: Look['range'], low: number | null, high: number | null): [number, number] {
  if (range) return [range[0], range[1]];
  if (low === null || high === null) return [0, 1];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The value at a place, or the one next to it: curves with other x have a hole there. */
function nearest(column: ArrayLike<number | null | undefined>, index: number): number | null {
  const reach = Math.max(8, Math.round(column.length / 50));
  for (let step = 0; step <= reach; step += 1) {
    const value = column[index - step] ?? column[index + step];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

function picture(plot: UPlot, p: Palette): Promise<Blob | null> {
  const source = plot.ctx.canvas;
  const canvas = document.createElement('canvas');
  canvas.width = source.width;
  canvas.height = source.height;
  const context = canvas.getContext('2d');
  if (!context) return Promise.resolve(null);
  context.fillStyle = p.page;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
