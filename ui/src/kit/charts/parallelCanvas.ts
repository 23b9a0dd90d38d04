// Draws parallel coordinates on a canvas that is as wide as what is seen, however many axes there are.
import type { Palette } from '@/theme';
import { placeTexts } from './axis';
import {
  extentsOf,
  tick as numberText,
  within,
  type Brushes,
  type ParallelAxis,
  type Scale,
} from './parallel';

export const PLOT = { top: 12, bottom: 14, side: 60 };

export interface Scene {
  axes: readonly ParallelAxis[];
  scales: readonly Scale[];
  /** Heights (0 to 1) by axis and line, worked out once. */
  heights: readonly Float32Array[];
  gap: number;
  colours: readonly string[];
  /** Lines that are on the page at all. */
  lines: readonly number[];
  brushes: Brushes;
  highlighted: number | null;
  scrollX: number;
  width: number;
  height: number;
  palette: Palette;
  label: (axis: ParallelAxis, value: number) => string;
}

export function heightsOf(axes: readonly ParallelAxis[], scales: readonly Scale[]): Float32Array[] {
  return axes.map((axis, at) => Float32Array.from(axis.values, (value) => scales[at]?.to(value) ?? NaN));
}

export function xOf(scene: Pick<Scene, 'gap' | 'scrollX'>, axis: number): number {
  return PLOT.side + axis * scene.gap - scene.scrollX;
}

export function yOf(scene: Pick<Scene, 'height'>, share: number): number {
  return PLOT.top + (1 - share) * (scene.height - PLOT.top - PLOT.bottom);
}

export function shareAt(scene: Pick<Scene, 'height'>, y: number): number {
  return Math.min(1, Math.max(0, 1 - (y - PLOT.top) / (scene.height - PLOT.top - PLOT.bottom)));
}

/** Axes between which something is seen. */
function seen(scene: Scene): [number, number] {
  const first = Math.max(0, Math.floor((scene.scrollX - PLOT.side) / scene.gap));
  const last = Math.min(
    scene.axes.length - 1,
    Math.ceil((scene.scrollX + scene.width - PLOT.side) / scene.gap),
  );
  return [first, last];
}

function trace(ctx: CanvasRenderingContext2D, scene: Scene, line: number, first: number, last: number): void {
  let down = false;
  for (let axis = first; axis <= last; axis += 1) {
    const share = scene.heights[axis]?.[line] ?? NaN;
    if (Number.isNaN(share)) {
      down = false; // a run without a value leaves a gap
      continue;
    }
    const x = xOf(scene, axis);
    const y = yOf(scene, share);
    if (down) ctx.lineTo(x, y);
    else ctx.moveTo(x, y);
    down = true;
  }
}

/** Lines that pass, of those on the page. */
export function passingLines(scene: Pick<Scene, 'axes' | 'brushes' | 'lines'>): number[] {
  const brushed = scene.axes.filter((axis) => scene.brushes[axis.id]);
  if (brushed.length === 0) return [...scene.lines];
  return scene.lines.filter((line) =>
    brushed.every((axis) => within(axis, scene.brushes[axis.id], axis.values[line] ?? NaN)),
  );
}

export function drawScene(canvas: HTMLCanvasElement, scene: Scene): void {
  const ctx = canvas.getContext('2d');
  if (!ctx) return;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [wide, tall] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
  }
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, scene.width, scene.height);
  const [first, last] = seen(scene);
  const passes = new Set(passingLines(scene));
  const { palette: p } = scene;
  ctx.lineJoin = 'round';
  ctx.lineWidth = 1;
  if (passes.size < scene.lines.length) {
    ctx.strokeStyle = p.border;
    ctx.beginPath(); // one path: the dim ones are one stroke
    for (const line of scene.lines) if (!passes.has(line)) trace(ctx, scene, line, first, last);
    ctx.stroke();
  }
  ctx.lineWidth = passes.size > 80 ? 1 : 1.5;
  ctx.globalAlpha = passes.size > 80 ? 0.75 : 0.95;
  for (const line of passes) {
    ctx.strokeStyle = scene.colours[line] ?? p.accent;
    ctx.beginPath();
    trace(ctx, scene, line, first, last);
    ctx.stroke();
  }
  ctx.globalAlpha = 1;
  if (scene.highlighted !== null) {
    ctx.lineWidth = 3;
    ctx.strokeStyle = p.text;
    ctx.beginPath();
    trace(ctx, scene, scene.highlighted, first, last);
    ctx.stroke();
  }
  for (let axis = first; axis <= last; axis += 1) drawAxis(ctx, scene, axis);
}

function drawAxis(ctx: CanvasRenderingContext2D, scene: Scene, at: number): void {
  const axis = scene.axes[at];
  const scale = scene.scales[at];
  if (!axis || !scale) return;
  const { palette: p } = scene;
  const x = Math.round(xOf(scene, at)) + 0.5;
  ctx.strokeStyle = p.muted;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x, PLOT.top);
  ctx.lineTo(x, scene.height - PLOT.bottom);
  ctx.stroke();
  ctx.font = "11px 'Inter Variable', system-ui";
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  const few = Math.max(1, Math.ceil((scale.ticks.length * 14) / (scene.height - PLOT.top - PLOT.bottom)));
  const texts = axis.categories
    ? scale.ticks.map((place) => scene.label(axis, place))
    : placeTexts(scale.ticks, numberText, 4);
  scale.ticks.forEach((place, index) => {
    if (index % few !== 0) return;
    const y = yOf(scene, scale.to(place));
    const text = cut(texts[index] ?? '', 16);
    const wide = ctx.measureText(text).width;
    ctx.globalAlpha = 0.82; // the lines behind stay visible, the number stays readable
    ctx.fillStyle = p.page;
    ctx.fillRect(x + 3, y - 7, wide + 4, 14);
    ctx.globalAlpha = 1;
    ctx.fillStyle = p.text;
    ctx.fillRect(x - 2, y - 0.5, 4, 1);
    ctx.fillText(text, x + 5, y);
  });
  const brush = scene.brushes[axis.id];
  if (!brush) return;
  for (const [low, high] of extentsOf(axis, scale, brush)) {
    const top = yOf(scene, Math.min(1, high));
    const bottom = yOf(scene, Math.max(0, low));
    ctx.fillStyle = p.accent;
    ctx.globalAlpha = 0.28;
    ctx.fillRect(x - 8, top, 16, bottom - top);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = p.accent;
    ctx.strokeRect(x - 8, Math.round(top) + 0.5, 16, Math.max(1, Math.round(bottom - top)));
  }
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** The line nearest to a point, within 6 px, of those that pass. */
export function nearestLine(scene: Scene, x: number, y: number, passes: readonly number[]): number | null {
  const left = Math.floor((x + scene.scrollX - PLOT.side) / scene.gap);
  const from = scene.heights[left];
  const to = scene.heights[left + 1];
  if (!from || !to) return null;
  const share = (x - xOf(scene, left)) / scene.gap;
  let best: number | null = null;
  let least = 6;
  for (const line of passes) {
    const a = from[line] ?? NaN;
    const b = to[line] ?? NaN;
    const distance = Math.abs(yOf(scene, a + (b - a) * share) - y);
    if (distance < least) {
      least = distance;
      best = line;
    }
  }
  return best;
}
