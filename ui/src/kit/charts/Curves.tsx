import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { count, metric } from '@/kernel/format';
import { palette } from '@/theme';
import { RunSwatch } from '../RunSwatch';
import { ChartFrame } from './ChartFrame';
import { align, type Curve } from './curves';
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
}

/** Metric curves: uPlot, instant at tens of thousands of points. Drag zooms x, double-click resets, click on a name isolates. */
export function Curves({ title, curves, xName = 'step', sync, totalPoints, logScale, height = 240 }: Props) {
  const scheme = useComputedColorScheme('light');
  const host = useRef<HTMLDivElement>(null);
  const [alone, setAlone] = useState<string | null>(null);
  const shown = useMemo(
    () => (alone ? curves.filter((curve) => curve.id === alone) : curves),
    [curves, alone],
  );
  const points = curves.reduce((sum, curve) => sum + curve.x.length, 0);

  useEffect(() => {
    let plot: { destroy: () => void } | undefined;
    let gone = false;
    let observer: ResizeObserver | undefined;
    void import('./plot').then(({ draw }) => {
      if (gone || !host.current) return;
      const made = draw(host.current, shown, palette(scheme), {
        height,
        xName,
        sync,
        logScale: logScale ?? false,
      });
      plot = made;
      observer = new ResizeObserver(([entry]) =>
        made.setSize({ width: Math.max(160, entry?.contentRect.width ?? 0), height }),
      );
      observer.observe(host.current);
    });
    return () => {
      gone = true;
      observer?.disconnect();
      plot?.destroy();
    };
  }, [shown, scheme, height, xName, sync, logScale]);

  const table = useMemo(() => {
    const { xs, ys } = align(curves);
    return {
      columns: [xName, ...curves.map((curve) => curve.name)],
      rows: xs.map((x, index) => [x, ...ys.map((column) => column[index] ?? null)]),
    };
  }, [curves, xName]);

  const last = curves
    .map((curve) => `${curve.name} ${metric(curve.y.at(-1))}`)
    .slice(0, 4)
    .join(', ');
  const sampled = totalPoints && totalPoints > points ? `, downsampled from ${count(totalPoints)}` : '';
  const summary =
    points === 0
      ? 'No points yet.'
      : `${count(points)} points${sampled}. Last: ${last}${curves.length > 4 ? ', …' : '.'}`;

  return (
    <ChartFrame title={title} summary={summary} table={table} height={height}>
      <div ref={host} aria-hidden />
      {curves.length > 1 ? (
        <div className={classes.legend}>
          {curves.map((curve, index) => (
            <button
              key={curve.id}
              type="button"
              aria-pressed={alone === curve.id}
              onClick={() => setAlone(alone === curve.id ? null : curve.id)}
            >
              <RunSwatch slot={curve.slot ?? index} />
              {curve.name}
            </button>
          ))}
        </div>
      ) : null}
    </ChartFrame>
  );
}
