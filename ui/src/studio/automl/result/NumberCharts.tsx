import { SimpleGrid } from '@mantine/core';
import { useCallback } from 'react';
import { count, metric } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis, NAMED } from '@/kit/charts/style';
import type { Palette } from '@/theme';
import type { NumberCharts as Data } from '../documents';

/** Predicted against true values, and how the errors are spread, from predictions no model had trained on. */
export function NumberCharts({ data }: { data: Data }) {
  const { points, bins } = data.predicted_true;
  const { edges, counts } = data.residuals;
  const against = useCallback(
    (p: Palette) => {
      const all = points.flat();
      const low = Math.min(...all);
      const high = Math.max(...all);
      return {
        grid: { ...NAMED, left: 36, top: 32 },
        legend: { top: 0, data: ['rows', 'mean of a bin'], textStyle: { color: p.text, fontSize: 12 } },
        tooltip: { trigger: 'item' as const, valueFormatter: (value: unknown) => metric(Number(value)) },
        xAxis: axis(p, 'true', {
          type: 'value',
          scale: true,
          min: low,
          max: high,
          axisLabel: { color: p.muted, formatter: (v: number) => metric(v, 3), hideOverlap: true },
        }),
        yAxis: axis(p, 'predicted', {
          type: 'value',
          scale: true,
          axisLabel: { color: p.muted, formatter: (v: number) => metric(v, 3) },
          nameGap: 56,
        }),
        series: [
          {
            type: 'scatter' as const,
            name: 'rows',
            data: points,
            symbolSize: 4,
            itemStyle: { opacity: 0.45 },
          },
          {
            type: 'line' as const,
            name: 'mean of a bin',
            data: bins.map((bin) => [bin.true, bin.predicted]),
            symbolSize: 6,
          },
          {
            type: 'line' as const,
            name: 'equal',
            data: [
              [low, low],
              [high, high],
            ],
            showSymbol: false,
            silent: true,
            lineStyle: { color: p.muted, type: 'dashed' as const, width: 1 },
          },
        ],
      };
    },
    [points, bins],
  );
  const residuals = useCallback(
    (p: Palette) => ({
      grid: { ...NAMED, left: 36, top: 12 },
      legend: { show: false },
      tooltip: { trigger: 'axis' as const },
      xAxis: axis(p, 'predicted minus true', {
        type: 'category',
        data: counts.map((_, i) => metric(((edges[i] ?? 0) + (edges[i + 1] ?? 0)) / 2, 3)),
      }),
      yAxis: axis(p, 'rows', { type: 'value', nameGap: 52 }),
      series: [{ type: 'bar' as const, name: 'rows', data: counts, barCategoryGap: '6%' }],
    }),
    [edges, counts],
  );
  const shown =
    points.length < data.rows
      ? `${count(points.length)} of ${count(data.rows)} rows drawn`
      : `n = ${count(data.rows)}`;
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Chart
        title="Predicted against true"
        summary={`${shown}; the dashed line is a perfect prediction.`}
        table={{ columns: ['true', 'predicted'], rows: points }}
        option={against}
        height={320}
      />
      <Chart
        title="Residuals"
        summary={`n = ${count(data.rows)}; the outermost bins hold everything beyond the 0.5 % and 99.5 % quantiles.`}
        table={{
          columns: ['from', 'to', 'rows'],
          rows: counts.map((rows, i) => [edges[i] ?? null, edges[i + 1] ?? null, rows]),
        }}
        option={residuals}
        height={320}
      />
    </SimpleGrid>
  );
}
