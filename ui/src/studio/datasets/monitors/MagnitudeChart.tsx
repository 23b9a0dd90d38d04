import { useCallback, useMemo } from 'react';
import { count, counted, percent } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis } from '@/kit/charts/style';
import type { Palette } from '@/theme';
import type { Monitor, WindowResult } from './queries';
import { windowName } from './words';

interface Props {
  monitor: Monitor;
  /** Newest first. */
  windows: readonly WindowResult[];
  chosen: string | undefined;
  onPick: (window: WindowResult) => void;
}

/** The drift magnitude of each window, beside the threshold and what chance alone would make. */
export function MagnitudeChart({ monitor, windows, chosen, onPick }: Props) {
  const { frequency = 'day', zone = 'UTC', threshold = 0.2 } = monitor.settings;
  const shown = useMemo(() => [...windows].reverse(), [windows]);
  const names = useMemo(
    () => shown.map((one) => windowName(one.start, frequency, zone)),
    [shown, frequency, zone],
  );
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 8, right: 24, top: 32, bottom: 8, containLabel: true },
      tooltip: {
        trigger: 'axis' as const,
        formatter: (points: unknown) => {
          const first = (points as { dataIndex: number }[])[0];
          const one = first ? shown[first.dataIndex] : undefined;
          if (!one || !first) return '';
          const lines = [
            names[first.dataIndex],
            one.magnitude == null
              ? one.state === 'too_few'
                ? 'not enough rows'
                : one.state
              : `magnitude ${percent(one.magnitude, 1)}`,
            one.floor == null ? '' : `noise up to ${percent(one.floor, 1)}`,
            one.rows == null ? '' : counted(one.rows, 'row'),
          ];
          return lines.filter(Boolean).join('<br/>');
        },
      },
      xAxis: axis(p, '', { type: 'category', data: names, boundaryGap: shown.length < 3 }),
      yAxis: axis(p, '', {
        type: 'value',
        min: 0,
        max: 1,
        axisLabel: { color: p.muted, formatter: (value: number) => `${Math.round(value * 100)}%` },
      }),
      dataZoom: [{ type: 'inside' as const, zoomOnMouseWheel: 'ctrl' as const }],
      series: [
        {
          name: 'Drift magnitude',
          type: 'line' as const,
          connectNulls: false,
          symbolSize: 9,
          lineStyle: { width: 2, color: p.accent },
          data: shown.map((one) => ({
            value: one.magnitude ?? null,
            symbol: one.drifting ? 'diamond' : 'circle',
            symbolSize: one.start === chosen ? 16 : one.drifting ? 11 : 8,
            itemStyle: { color: one.drifting ? p.status.warning : p.accent },
          })),
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: p.status.warning, type: 'solid' as const },
            label: {
              formatter: `threshold ${Math.round(threshold * 100)}%`,
              color: p.muted,
              position: 'insideEndTop' as const,
            },
            data: [{ yAxis: threshold }],
          },
        },
        {
          name: 'Noise without drift',
          type: 'line' as const,
          symbol: 'none',
          lineStyle: { width: 1, type: 'dashed' as const, color: p.muted },
          itemStyle: { color: p.muted },
          areaStyle: { color: p.muted, opacity: 0.08 },
          data: shown.map((one) => one.floor ?? null),
        },
      ],
    }),
    [shown, names, threshold, chosen],
  );
  const judged = windows.filter((one) => one.magnitude != null);
  const alarms = windows.filter((one) => one.drifting).length;
  const newest = judged[0];
  const said = newest
    ? `Newest ${percent(newest.magnitude, 0)}, threshold ${percent(threshold, 0)}; ${count(alarms)} of ${count(judged.length)} windows drift. Click a window to see it.`
    : 'No window has a magnitude yet.';
  return (
    <Chart
      title="Drift magnitude"
      summary={said}
      table={{
        columns: ['window', 'magnitude', 'noise', 'rows', 'drifting'],
        rows: shown.map((one, index) => [
          names[index] ?? '',
          one.magnitude ?? null,
          one.floor ?? null,
          one.rows ?? null,
          one.drifting == null ? '' : one.drifting ? 'yes' : 'no',
        ]),
      }}
      option={option}
      height={240}
      onPick={(index) => {
        const one = shown[index];
        if (one) onPick(one);
      }}
    />
  );
}
