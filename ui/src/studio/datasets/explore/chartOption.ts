import { axis, NAMED, type EChartsOption } from '@/kit/charts/style';
import type { Tabular } from '@/kit/charts/table';
import type { Palette } from '@/theme';
import type { ChartData } from './types';

/** The points of a chart as the drawing library wants them. */
export function chartOption(p: Palette, points: ChartData, x: string, y: string): EChartsOption {
  const pairs = points.x.map((value, index) => [value as number | string, points.y[index] ?? null]);
  const words = points.kind === 'bar';
  const kind = points.kind === 'scatter' ? 'scatter' : points.kind === 'line' ? 'line' : 'bar';
  return {
    grid: { ...NAMED, left: 36 },
    tooltip: { trigger: kind === 'scatter' ? 'item' : 'axis' },
    xAxis: axis(p, x, words ? { type: 'category' } : { type: points.time ? 'time' : 'value', scale: true }),
    yAxis: axis(p, y, { type: 'value', scale: kind !== 'bar', nameGap: 62 }),
    series: [
      {
        type: kind,
        data: pairs,
        color: p.series[0],
        ...(kind === 'scatter' ? { symbolSize: 5, itemStyle: { opacity: 0.5 } } : {}),
        ...(kind === 'line' ? { showSymbol: pairs.length < 40 } : {}),
        ...(points.kind === 'histogram' ? { barCategoryGap: '4%', barMaxWidth: 40 } : {}),
      },
    ],
  } as EChartsOption;
}

export function chartTable(points: ChartData, x: string, y: string): Tabular {
  const text = (value: unknown) =>
    points.time && typeof value === 'number' ? new Date(value).toISOString() : (value as string | number);
  return { columns: [x, y], rows: points.x.map((value, index) => [text(value), points.y[index] ?? null]) };
}
