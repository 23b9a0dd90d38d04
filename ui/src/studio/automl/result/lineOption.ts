import { axis, NAMED, type EChartsOption } from '@/kit/charts/style';
import type { Palette } from '@/theme';
import type { Line } from '../documents';

interface Axes {
  x: string;
  y: string;
  /** Straight line to compare with: chance, or perfect calibration. */
  reference?: [[number, number], [number, number]] | undefined;
  markers?: boolean;
  xMax?: number;
  yMax?: number | undefined;
}

const DASHES = ['solid', 'dashed', 'dotted'] as const;

/** Curves over a share from 0 to 1, one per class. */
export function lineOption(p: Palette, lines: readonly Line[], axes: Axes): EChartsOption {
  const series: EChartsOption['series'] = lines.map((line, index) => ({
    type: 'line',
    name: line.name,
    data: line.x.map((x, i) => [x, line.y[i] ?? 0]),
    showSymbol: axes.markers ?? false,
    symbolSize: 6,
    lineStyle: { width: 1.8, type: DASHES[Math.floor(index / 4) % DASHES.length] ?? 'solid' },
  }));
  if (axes.reference) {
    series.push({
      type: 'line',
      name: 'reference',
      data: axes.reference,
      showSymbol: false,
      silent: true,
      lineStyle: { color: p.muted, type: 'dashed', width: 1 },
      itemStyle: { color: p.muted },
      tooltip: { show: false },
    });
  }
  return {
    grid: { ...NAMED, top: lines.length > 1 ? 40 : 12 },
    legend: {
      show: lines.length > 1,
      type: 'scroll',
      data: lines.map((line) => line.name),
      textStyle: { color: p.text, fontSize: 12 },
    },
    tooltip: { trigger: 'axis', valueFormatter: (value) => Number(value).toFixed(4) },
    xAxis: axis(p, axes.x, { type: 'value', min: 0, max: axes.xMax ?? 1 }),
    yAxis: axis(p, axes.y, {
      type: 'value',
      nameGap: 40,
      min: 0,
      ...(axes.yMax ? { max: axes.yMax } : {}),
    }),
    series,
  };
}
