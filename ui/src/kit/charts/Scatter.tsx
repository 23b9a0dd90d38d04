import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { count } from '@/kernel/format';
import { palette } from '@/theme';
import { ChartFrame } from './ChartFrame';
import { followLasso, inside, type Spot } from './lasso';
import { scaleOf, type ParallelAxis } from './parallel';
import type { Plane, PlaneAxis } from './plane';
import { PointTip, valueOf, type Shown } from './PointTip';
import { contourOf, outline, ring } from './scatterPaint';
import { stepTo, type Way } from './stepping';
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

const FLIP = 0.7; // beyond this share of the width the words stand on the other side of their point
const WAYS: Readonly<Record<string, Way>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

function spotIn(on: Plane, x: ParallelAxis, y: ParallelAxis, n: number): Spot {
  return [on.plot.valToPos(x.values[n] ?? 0, 'x'), on.plot.valToPos(y.values[n] ?? 0, 'y')];
}

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
  const [tip, setTip] = useState<Shown | null>(null);
  const area = useRef<Plane | null>(null);
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
      const drawnOn = plane(
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
            setTip(
              near === null ? null : { point: near, left, top, past: left > plot.over.clientWidth * FLIP },
            );
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
      made = drawnOn;
      area.current = drawnOn;
      if (!drawing) return;
      drawnOn.plot.cursor.drag = { ...drawnOn.plot.cursor.drag, x: false, y: false };
      release = followLasso(
        drawnOn.plot.over,
        (line) => drawnOn.over(line ? (ctx) => outline(ctx, line, p.accent) : null),
        (line) => {
          lasso.current?.(drawn.filter((n) => inside(line, spotIn(drawnOn, x, y, n))));
        },
      );
    });
    return () => {
      gone = true;
      release?.();
      made?.destroy();
      area.current = null;
    };
  }, [x, y, drawn, colours, image, scheme, height, chosen, drawing]);

  const keyed = tip?.keyed ? tip : null;
  useEffect(() => {
    area.current?.over(keyed && ((ctx) => ring(ctx, [keyed.left, keyed.top], palette(scheme).text)));
  }, [keyed, scheme]);
  const onKeyDown = (event: KeyboardEvent) => {
    const on = area.current;
    const at = keyed?.point ?? null;
    const way = WAYS[event.key];
    if (way && on) {
      const point = stepTo(drawn, (n) => spotIn(on, x, y, n), at, way);
      if (point === null) return;
      const [left, top] = spotIn(on, x, y, point);
      setTip({ point, left, top, past: left > on.plot.over.clientWidth * FLIP, keyed: true });
    } else if (event.key === 'Enter' && at !== null) onPick(at);
    else if (event.key === ' ' && at !== null && onLasso) {
      const rest = [...(chosen ?? [])].filter((n) => n !== at);
      onLasso(chosen?.has(at) ? rest : [...rest, at]);
    } else if (event.key === 'Escape' && at !== null) setTip(null);
    else return;
    event.preventDefault();
  };

  const table = useMemo(() => {
    const shown = z ? [x, y, z] : [x, y];
    return {
      columns: ['run', ...shown.map((axis) => axis.name)],
      rows: drawn.map((n) => [names[n] ?? '', ...shown.map((axis) => valueOf(axis, n))]),
    };
  }, [x, y, z, drawn, names]);
  const without = points.length - drawn.length;
  const summary = `${count(drawn.length)} runs by ${x.name} and ${y.name}${z ? `, coloured by ${z.name}` : ''}.${
    without > 0 ? ` ${count(without)} have no value of both.` : ''
  }${image ? ' The bands behind the points are interpolated between them.' : ''}`;

  return (
    <ChartFrame title={title} summary={summary} table={table} height={height}>
      <div
        className={classes.plane}
        role="application"
        aria-roledescription="scatter plot"
        aria-label={`${title}: arrows go from run to run, Enter opens one${drawing ? ', Space chooses it' : ''}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onBlur={() => keyed && setTip(null)}
      >
        <div ref={host} aria-hidden />
        {tip ? <PointTip {...tip} name={names[tip.point] ?? ''} axes={z ? [x, y, z] : [x, y]} /> : null}
      </div>
    </ChartFrame>
  );
}
