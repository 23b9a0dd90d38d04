import { useCallback, useMemo } from 'react';
import { metric } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis } from '@/kit/charts/style';
import type { Palette } from '@/theme';
import { metricName, type Importance as Data } from '../documents';

const SHOWN = 25;

/** How much worse the metric becomes when a column's values are shuffled. */
export function Importance({ data }: { data: Data }) {
  const top = useMemo(() => data.permutation.slice(0, SHOWN), [data]);
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 8, right: 24, top: 8, bottom: 28, containLabel: true },
      legend: { show: false },
      tooltip: { trigger: 'axis' as const, valueFormatter: (value: unknown) => metric(Number(value)) },
      xAxis: axis(p, `loss of ${metricName(data.metric)}`, { type: 'value' }),
      yAxis: axis(p, '', {
        type: 'category',
        inverse: true,
        data: top.map((row) => row.column),
        axisLabel: { color: p.text, width: 160, overflow: 'truncate' },
      }),
      series: [
        { type: 'bar' as const, name: 'importance', data: top.map((row) => row.importance), barMaxWidth: 14 },
      ],
    }),
    [data.metric, top],
  );
  const first = top.slice(0, 3).map((row) => row.column);
  return (
    <Chart
      title="Importance of columns"
      summary={`Permutation on up to 1,000 rows, mean of 3. Most used: ${first.join(', ') || 'none'}.${data.permutation.length > SHOWN ? ` ${data.permutation.length - SHOWN} more as table.` : ''}`}
      table={{
        columns: ['column', 'importance', 'deviation'],
        rows: data.permutation.map((row) => [row.column, row.importance, row.deviation]),
      }}
      option={option}
      height={Math.max(180, 60 + top.length * 22)}
    />
  );
}
