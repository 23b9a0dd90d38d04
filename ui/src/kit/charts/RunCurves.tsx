import { Button, Menu, useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { count, counted, metric } from '@/kernel/format';
import { palette } from '@/theme';
import { IconSearch, IconX } from '../icons';
import { axisText, type Axis } from './axis';
import { ChartFrame } from './ChartFrame';
import type { Plane } from './plane';
import { RangeDialog } from './RangeDialog';
import { extentOf, nearest, valueAt, type RunCurve } from './runCurves';
import { trace } from './trace';
import classes from './plane.module.css';

interface Props {
  title: string;
  curves: readonly RunCurve[];
  xName: string;
  time?: boolean;
  log?: boolean;
  sync?: string;
  height?: number;
  /** Points before thinning. */
  total: number;
  sampled: boolean;
  /** The curve that is drawn over the others, on this chart and on those beside it. */
  highlighted: string | null;
  onHighlight: (id: string | null) => void;
  onPick?: (id: string) => void;
  /** The part of x that is shown, on this chart and on those beside it; null: all of it. */
  range: readonly [number, number] | null;
  onRange: (range: readonly [number, number] | null) => void;
}

/** Curves of up to hundreds of runs: thin lines, the nearest one under the pointer stands out and says its name. */
export function RunCurves(props: Props) {
  const {
    title,
    curves,
    xName,
    time,
    log,
    sync,
    height = 260,
    highlighted,
    onHighlight,
    onPick,
    range,
    onRange,
  } = props;
  const scheme = useComputedColorScheme('light');
  const host = useRef<HTMLDivElement>(null);
  const made = useRef<Plane | null>(null);
  const calls = useRef({ onHighlight, onPick, onRange });
  const [tip, setTip] = useState<{
    name: string;
    value: number;
    x: number;
    left: number;
    top: number;
  } | null>(null);
  const near = useRef<string | null>(null);
  const axis: Axis = time ? 'time' : xName === 'step' ? 'step' : 'relative';
  const [asking, setAsking] = useState(false);
  const shown = useRef(range);
  useEffect(() => {
    calls.current = { onHighlight, onPick, onRange };
    shown.current = range; // for a plot that is just being made
  });
  const extent = useMemo(() => extentOf(curves, log ?? false), [curves, log]);

  useEffect(() => {
    let gone = false;
    const p = palette(scheme);
    void import('./plane').then(({ plane }) => {
      if (gone || !host.current) return;
      const look = {
        height,
        palette: p,
        sync,
        x: { low: extent.x[0], high: extent.x[1], time: time ?? false, shown: shown.current },
        y: { low: extent.y[0], high: extent.y[1], log: log ?? false },
        onMove: (left: number, top: number, plot: Plane['plot']) => {
          const at = plot.posToVal(left, 'x');
          const own = plot.over.matches(':hover'); // a synced cursor comes from another chart
          const found = own ? nearest(curves, at, top, (value) => plot.valToPos(value, 'y')) : null;
          if (own && near.current !== (found?.curve.id ?? null)) {
            near.current = found?.curve.id ?? null;
            calls.current.onHighlight(near.current);
          }
          setTip(found ? { name: found.curve.name, value: found.value, x: at, left, top } : null);
        },
        onLeave: () => {
          setTip(null);
          if (near.current !== null) calls.current.onHighlight(null);
          near.current = null;
        },
        onPick: () => {
          if (near.current) calls.current.onPick?.(near.current);
        },
        onRange: (to: readonly [number, number] | null, plot: Plane['plot']) => {
          if (plot.over.matches(':hover')) calls.current.onRange(to); // the others follow by what they are told
        },
      };
      made.current = plane(host.current, look, (ctx, plot) => {
        const ratio = window.devicePixelRatio || 1;
        ctx.lineJoin = 'round';
        for (const curve of curves)
          trace(ctx, plot, curve, curves.length > 30 ? 1 * ratio : 1.5 * ratio, true);
      });
    });
    return () => {
      gone = true;
      made.current?.destroy();
      made.current = null;
    };
  }, [curves, extent, scheme, height, sync, time, log]);

  const [from, to] = range ?? extent.x;
  useEffect(() => {
    const x = made.current?.plot.scales.x;
    if (x && (x.min !== from || x.max !== to)) made.current?.plot.setScale('x', { min: from, max: to });
  }, [from, to]);

  useEffect(() => {
    const curve = curves.find((one) => one.id === highlighted);
    made.current?.over(
      curve
        ? (ctx, plot) => {
            ctx.globalAlpha = 0.55;
            ctx.fillStyle = palette(scheme).page; // the others step back
            ctx.fillRect(0, 0, plot.over.clientWidth, plot.over.clientHeight);
            ctx.globalAlpha = 1;
            trace(ctx, plot, curve, 2.5, false);
          }
        : null,
    );
  }, [highlighted, curves, scheme]);

  const points = curves.reduce((sum, curve) => sum + curve.x.length, 0);
  const thinned = props.sampled ? `, downsampled from ${count(props.total)}` : '';
  const ends = curves.flatMap((curve) => curve.y.at(-1) ?? []);
  const summary =
    points === 0
      ? 'No points.'
      : `${counted(curves.length, 'curve')}, ${counted(points, 'point')}${thinned}. ${lastOf(ends, curves.length)}`;

  return (
    <ChartFrame
      title={title}
      summary={summary}
      table={() => tableOf(curves, xName)}
      height={height}
      tools={
        range ? (
          <Button
            variant="default"
            size="compact-sm"
            rightSection={<IconX size={14} aria-hidden />}
            onClick={() => onRange(null)}
          >
            {axisText(axis, range[0])} to {axisText(axis, range[1])}: show all
          </Button>
        ) : null
      }
      menu={
        <Menu.Item leftSection={<IconSearch size={14} />} onClick={() => setAsking(true)}>
          Zoom to…
        </Menu.Item>
      }
    >
      {asking ? (
        <RangeDialog axis={axis} range={range} onRange={onRange} onClose={() => setAsking(false)} />
      ) : null}
      <div className={classes.plane}>
        <div ref={host} aria-hidden />
        {tip ? (
          <div className={classes.tip} style={{ left: tip.left + 72, top: Math.max(0, tip.top - 36) }}>
            <b>{tip.name}</b> {metric(tip.value)} at{' '}
            {time ? new Date(tip.x * 1000).toLocaleString('en-GB') : metric(tip.x)}
          </div>
        ) : null}
      </div>
    </ChartFrame>
  );
}

function lastOf(ends: readonly number[], many: number): string {
  if (ends.length === 0) return 'None of their last values is a finite number.';
  const others = many - ends.length;
  const rest = others > 0 ? `; of ${count(others)} it is no finite number` : '';
  if (ends.length === 1) return `Last value ${metric(ends[0] ?? 0)}${rest}.`;
  return `Last values from ${metric(Math.min(...ends))} to ${metric(Math.max(...ends))}${rest}.`;
}

function tableOf(curves: readonly RunCurve[], xName: string) {
  const every = [...new Set(curves.flatMap((curve) => [...curve.x]))].sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(every.length / 500));
  const xs = every.filter((_, index) => index % stride === 0);
  return {
    columns: [xName, ...curves.map((curve) => curve.name)],
    rows: xs.map((x) => [x, ...curves.map((curve) => valueAt(curve, x))]),
  };
}
