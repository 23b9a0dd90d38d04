import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { count, metric } from '@/kernel/format';
import { palette } from '@/theme';
import { RunSwatch } from '../RunSwatch';
import { ChartFrame } from './ChartFrame';
import { align, lastOf, type Curve } from './curves';
import { axisText } from './axis';
import type { Drawn } from './plot';
import { fileName, save } from './table';
import classes from './charts.module.css';

interface Props {
  title: string;
  curves: readonly Curve[];
  /** "step", "time" or "relative": the meaning of x. */
  xName?: string;
  /** Charts with the same key share the cursor. */
  sync?: string;
  /** Points before downsampling, when the server sent fewer. */
  totalPoints?: number;
  logScale?: boolean;
  height?: number;
  /** Weight of the moving average, 0 to 0.99. */
  smoothing?: number;
  /** The part of x that is shown, and what to do when another one is chosen (null: all). Without it the chart zooms by itself. */
  range?: readonly [number, number] | null;
  onRange?: ((range: [number, number] | null) => void) | undefined;
  /** Buttons beside the title. */
  tools?: ReactNode;
}

const NAMED = 12; // curves whose values stand in the legend

/** Metric curves: uPlot, instant at tens of thousands of points. Drag zooms x, double-click resets, click on a name isolates. */
export function Curves(props: Props) {
  const { title, curves, xName = 'step', sync, totalPoints, logScale = false, height = 240 } = props;
  const { smoothing = 0, range = null, onRange, tools } = props;
  const scheme = useComputedColorScheme('light');
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<Drawn | null>(null);
  const legend = useRef<HTMLDivElement>(null);
  const [alone, setAlone] = useState<string | null>(null);
  const shown = useMemo(
    () =>
      alone && curves.some((curve) => curve.id === alone) ? curves.filter((it) => it.id === alone) : curves,
    [curves, alone],
  );
  const points = curves.reduce((sum, curve) => sum + curve.x.length, 0);
  // what is drawn, apart from the numbers: another shape needs another plot, other numbers only new data
  const shape = shown
    .map((it) => `${it.id}\u0000${it.name}\u0000${it.slot ?? ''}\u0000${Boolean(it.low)}`)
    .join('\u0001');
  const zooms = onRange !== undefined;
  const now = useRef({ shown, range, onRange });
  useEffect(() => {
    now.current = { shown, range, onRange };
    drawn.current?.update(shown, range);
  }, [shown, range, onRange]);

  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | undefined;
    void import('./plot').then(({ draw }) => {
      if (gone || !host.current) return;
      const look = { height, xName, sync, logScale, smoothing, range: now.current.range };
      const made = draw(host.current, now.current.shown, palette(scheme), look, {
        onHover: (x, values) => tell(legend.current, xName, x, values),
        onRange: zooms ? (chosen) => now.current.onRange?.(chosen) : undefined,
      });
      drawn.current = made;
      observer = new ResizeObserver(([entry]) => made.resize(entry?.contentRect.width ?? 0));
      observer.observe(host.current);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      drawn.current?.destroy();
      drawn.current = null;
    };
  }, [shape, scheme, height, xName, sync, logScale, smoothing, zooms]);

  const table = useMemo(() => {
    const { xs, ys } = align(curves);
    return {
      columns: [xName, ...curves.map((curve) => curve.name)],
      rows: xs.map((x, index) => [x, ...ys.map((column) => column[index] ?? null)]),
    };
  }, [curves, xName]);

  const png = () =>
    void drawn.current?.png().then((picture) => {
      if (picture) save(fileName(title, 'png'), picture);
    });
  return (
    <ChartFrame
      title={title}
      summary={summaryOf(curves, points, totalPoints, logScale)}
      table={table}
      height={height}
      onPng={png}
      tools={tools}
    >
      <div ref={host} aria-hidden />
      <div ref={legend} className={classes.legend}>
        {curves.length > 1
          ? curves.map((curve, index) => (
              <button
                key={curve.id}
                type="button"
                aria-pressed={alone === curve.id}
                onClick={() => setAlone(alone === curve.id ? null : curve.id)}
              >
                <RunSwatch slot={curve.slot ?? index} />
                {curve.name}
                {index < NAMED && (!alone || alone === curve.id) ? <output data-value aria-hidden /> : null}
              </button>
            ))
          : null}
        <span className={classes.place} aria-hidden>
          <output data-x /> {curves.length === 1 ? <output data-value /> : null}
        </span>
      </div>
    </ChartFrame>
  );
}

/** Write the values at the cursor into the legend: by hand, since a render per mouse move would be felt. */
function tell(
  legend: HTMLElement | null,
  xName: string,
  x: number | null,
  values: readonly (number | null)[],
) {
  if (!legend) return;
  const place = legend.querySelector('[data-x]');
  if (place) place.textContent = x === null ? '' : axisText(xName, x);
  legend.querySelectorAll('[data-value]').forEach((output, index) => {
    const value = values[index];
    output.textContent = x === null || value === null || value === undefined ? '' : metric(value);
  });
}

function summaryOf(
  curves: readonly Curve[],
  points: number,
  total: number | undefined,
  logScale: boolean,
): string {
  if (points === 0) return 'No points yet.';
  const last = curves
    .map((curve) => (curves.length === 1 ? lastOf(curve) : `${curve.name} ${lastOf(curve)}`))
    .slice(0, 4)
    .join(', ');
  const sampled = total && total > points ? `, sampled from ${count(total)}` : '';
  const hidden = logScale
    ? curves.reduce((sum, curve) => sum + curve.y.filter((y) => y !== null && y <= 0).length, 0)
    : 0;
  const left = hidden > 0 ? ` ${count(hidden)} at or below 0 not shown.` : '';
  return `${count(points)} points${sampled}. Last: ${last}${curves.length > 4 ? ', …' : '.'}${left}`;
}
