import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { count, metric } from '@/kernel/format';
import { palette } from '@/theme';
import { ChartFrame } from './ChartFrame';
import { followLasso, inside, type Spot } from './lasso';
import { scaleOf, type ParallelAxis } from './parallel';
import type { Plane, PlaneAxis } from './plane';
import { bandOf, rgb, surface } from './surface';
import classes from './plane.module.css';

interface Props {
  title: string;
  x: ParallelAxis;
  y: ParallelAxis;
  /** What colours the points, and makes the contour. */
  z: ParallelAxis | null;
  contour: boolean;
  colours: readonly string[];
  /** Colours from low to high, for the contour. */
  ramp: readonly string[];
  names: readonly string[];
  points: readonly number[];
  onPick: (point: number) => void;
  /** Points that are chosen: the others fade. */
  chosen?: ReadonlySet<number>;
  /** Given: dragging draws a line around points, and chooses those within; else it zooms. */
  onLasso?: ((points: number[]) => void) | undefined;
  height?: number;
}

const GRID = { wide: 96, tall: 64, bands: 9 };

function planeAxis(axis: ParallelAxis): PlaneAxis {
  const { low, high } = scaleOf(axis);
  const room = axis.log || axis.categories ? 0 : (high - low) * 0.03; // a point at the end is a whole point
  return { low: low - room, high: high + room, log: axis.log, label: axis.name, categories: axis.categories };
}

/** Runs as points over any two of their columns; with a third one as colour, and as a filled contour behind them. */
export function Scatter(props: Props) {
  const {
    title,
    x,
    y,
    z,
    contour,
    colours,
    ramp,
    names,
    points,
    onPick,
    chosen,
    onLasso,
    height = 460,
  } = props;
  const scheme = useComputedColorScheme('light');
  const host = useRef<HTMLDivElement>(null);
  const pick = useRef(onPick);
  const lasso = useRef(onLasso);
  const drawing = onLasso !== undefined;
  const [tip, setTip] = useState<{ point: number; left: number; top: number } | null>(null);
  useEffect(() => {
    pick.current = onPick;
    lasso.current = onLasso;
  });
  const drawn = useMemo(
    () => points.filter((n) => Number.isFinite(x.values[n] ?? NaN) && Number.isFinite(y.values[n] ?? NaN)),
    [points, x, y],
  );
  const image = useMemo(
    () => (contour && z && !z.categories ? contourOf(x, y, z, drawn, ramp) : null),
    [contour, x, y, z, drawn, ramp],
  );

  useEffect(() => {
    let gone = false;
    let made: Plane | null = null;
    let release: (() => void) | undefined;
    let near: number | null = null;
    const p = palette(scheme);
    void import('./plane').then(({ plane }) => {
      if (gone || !host.current) return;
      const area = plane(
        host.current,
        {
          height,
          palette: p,
          x: planeAxis(x),
          y: planeAxis(y),
          onMove: (left, top, plot) => {
            let least = 14;
            near = null;
            for (const n of drawn) {
              const dx = plot.valToPos(x.values[n] ?? 0, 'x') - left;
              const dy = plot.valToPos(y.values[n] ?? 0, 'y') - top;
              const distance = Math.hypot(dx, dy);
              if (distance < least) {
                least = distance;
                near = n;
              }
            }
            plot.over.style.cursor = near === null ? 'crosshair' : 'pointer';
            setTip(near === null ? null : { point: near, left, top });
          },
          onLeave: () => setTip(null),
          onPick: () => {
            if (near !== null) pick.current(near);
          },
        },
        (ctx, plot) => {
          const ratio = window.devicePixelRatio || 1;
          if (image) {
            const [sx, sy] = [scaleOf(x), scaleOf(y)];
            const left = plot.valToPos(sx.low, 'x', true);
            const top = plot.valToPos(sy.high, 'y', true);
            ctx.imageSmoothingEnabled = false;
            ctx.globalAlpha = 0.55;
            ctx.drawImage(
              image,
              left,
              top,
              plot.valToPos(sx.high, 'x', true) - left,
              plot.valToPos(sy.low, 'y', true) - top,
            );
            ctx.globalAlpha = 1;
          }
          ctx.lineWidth = ratio;
          ctx.strokeStyle = p.page;
          for (const n of drawn) {
            ctx.globalAlpha = chosen && chosen.size > 0 && !chosen.has(n) ? 0.25 : 1;
            ctx.fillStyle = colours[n] ?? p.accent;
            ctx.beginPath();
            ctx.arc(
              plot.valToPos(x.values[n] ?? 0, 'x', true),
              plot.valToPos(y.values[n] ?? 0, 'y', true),
              5 * ratio,
              0,
              2 * Math.PI,
            );
            ctx.fill();
            ctx.stroke();
          }
          ctx.globalAlpha = 1;
        },
      );
      made = area;
      if (!drawing) return;
      area.plot.cursor.drag = { ...area.plot.cursor.drag, x: false, y: false };
      release = followLasso(
        area.plot.over,
        (line) => area.over(line ? (ctx) => outline(ctx, line, p.accent) : null),
        (line) => {
          const at = (n: number) =>
            [area.plot.valToPos(x.values[n] ?? 0, 'x'), area.plot.valToPos(y.values[n] ?? 0, 'y')] as const;
          lasso.current?.(drawn.filter((n) => inside(line, at(n))));
        },
      );
    });
    return () => {
      gone = true;
      release?.();
      made?.destroy();
    };
  }, [x, y, drawn, colours, image, scheme, height, chosen, drawing]);

  const text = (axis: ParallelAxis, n: number) =>
    axis.categories?.[axis.values[n] ?? -1] ?? axis.values[n] ?? null;
  const table = useMemo(() => {
    const shown = z ? [x, y, z] : [x, y];
    return {
      columns: ['run', ...shown.map((axis) => axis.name)],
      rows: drawn.map((n) => [names[n] ?? '', ...shown.map((axis) => text(axis, n))]),
    };
  }, [x, y, z, drawn, names]);
  const without = points.length - drawn.length;
  const summary = `${count(drawn.length)} runs by ${x.name} and ${y.name}${z ? `, coloured by ${z.name}` : ''}.${
    without > 0 ? ` ${count(without)} have no value of both.` : ''
  }${image ? ' The bands behind the points are interpolated between them.' : ''}`;

  return (
    <ChartFrame title={title} summary={summary} table={table} height={height}>
      <div className={classes.plane}>
        <div ref={host} aria-hidden />
        {tip ? (
          <div className={classes.tip} style={{ left: tip.left + 76, top: tip.top }}>
            <b>{names[tip.point]}</b>
            {[x, y, ...(z ? [z] : [])].map((axis) => {
              const value = text(axis, tip.point);
              return (
                <div key={axis.id}>
                  {axis.name}: {typeof value === 'number' ? metric(value) : value}
                </div>
              );
            })}
          </div>
        ) : null}
      </div>
    </ChartFrame>
  );
}

function outline(ctx: CanvasRenderingContext2D, line: readonly Spot[], colour: string): void {
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

function contourOf(
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
