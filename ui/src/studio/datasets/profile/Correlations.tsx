import { SegmentedControl, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { count, metric } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis } from '@/kit/charts/style';
import { Section } from '@/kit/Page';
import type { Palette } from '@/theme';
import type { Matrix, Profile } from '../types';

const METHODS = [
  { value: 'pearson', label: 'Pearson', of: 'numbers, linear' },
  { value: 'spearman', label: 'Spearman', of: 'numbers, by rank' },
  { value: 'cramers_v', label: 'Cramér’s V', of: 'columns with few values' },
] as const;
export type Method = (typeof METHODS)[number]['value'];
export const METHOD_NAMES = METHODS.map((method) => method.value);

interface Props {
  correlations: Profile['correlations'];
  method: Method | undefined;
  onMethod: (method: Method) => void;
}

/** How columns go together, as a heatmap; the strongest pairs in words. */
export function Correlations({ correlations, method, onMethod }: Props) {
  const there = METHODS.filter((known) => correlations[known.value]);
  const chosen = there.find((known) => known.value === method) ?? there[0];
  const matrix = chosen ? correlations[chosen.value] : null;
  if (!chosen || !matrix) {
    return (
      <Section title="Correlations">
        <Text size="sm" c="dimmed">
          There are not two columns that could go together.
        </Text>
      </Section>
    );
  }
  return (
    <Section
      title="Correlations"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Measure"
          value={chosen.value}
          onChange={(value) => onMethod(value as Method)}
          data={there.map(({ value, label }) => ({ value, label }))}
        />
      }
    >
      <Heatmap
        matrix={matrix}
        name={`${chosen.label} (${chosen.of})`}
        rows={correlations.rows}
        signed={chosen.value !== 'cramers_v'}
      />
    </Section>
  );
}

interface Pair {
  a: string;
  b: string;
  value: number | null;
}

export function pairs(matrix: Matrix): Pair[] {
  const found: Pair[] = [];
  matrix.values.forEach((line, i) => {
    for (let j = 0; j < i; j += 1) {
      found.push({ a: matrix.columns[j] ?? '', b: matrix.columns[i] ?? '', value: line[j] ?? null });
    }
  });
  return found.sort((x, y) => Math.abs(y.value ?? 0) - Math.abs(x.value ?? 0));
}

function Heatmap({
  matrix,
  name,
  rows,
  signed,
}: {
  matrix: Matrix;
  name: string;
  rows: number;
  signed: boolean;
}) {
  const names = matrix.columns;
  const sorted = useMemo(() => pairs(matrix), [matrix]);
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 8, right: 72, top: 8, bottom: 8, containLabel: true },
      legend: { show: false },
      tooltip: {
        formatter: (point: unknown) => {
          const [x, y, value] = (point as { data: [number, number, number | '-'] }).data;
          return `${escape(names[y])} × ${escape(names[x])}: ${value === '-' ? 'not defined' : metric(value, 3)}`;
        },
      },
      xAxis: axis(p, '', {
        type: 'category',
        data: names,
        axisLabel: { color: p.muted, rotate: names.length > 8 ? 60 : 0, width: 110, overflow: 'truncate' },
      }),
      yAxis: axis(p, '', {
        type: 'category',
        data: names,
        inverse: true,
        axisLabel: { color: p.muted, width: 140, overflow: 'truncate' },
      }),
      visualMap: {
        min: signed ? -1 : 0,
        max: 1,
        right: 0,
        top: 'middle',
        calculable: false,
        itemHeight: 120,
        textStyle: { color: p.muted },
        text: ['1', signed ? '-1' : '0'],
        inRange: { color: signed ? [...p.diverging] : [...p.sequential] },
      },
      series: [
        {
          type: 'heatmap' as const,
          data: matrix.values.flatMap((line, y) => line.map((value, x) => [x, y, value ?? '-'])),
          label: {
            show: names.length <= 10,
            fontSize: 12,
            color: p.text,
            formatter: (point: { data?: unknown }) => {
              const value = (point.data as (number | '-')[])[2];
              return typeof value === 'number' ? value.toFixed(2) : '';
            },
          },
        },
      ],
    }),
    [matrix, names, signed],
  );
  const strongest = sorted.slice(0, 3).filter((pair) => pair.value !== null);
  const said = strongest.map((pair) => `${pair.a} × ${pair.b} ${metric(pair.value, 3)}`).join(', ');
  return (
    <Chart
      title={name}
      summary={`${names.length} columns, n = ${count(rows)} rows. Strongest: ${said || 'none'}.`}
      table={{
        columns: ['column', 'with', 'value'],
        rows: sorted.map((pair) => [pair.a, pair.b, pair.value]),
      }}
      option={option}
      height={Math.min(720, 90 + names.length * 30)}
    />
  );
}

function escape(text: string | undefined): string {
  return (text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
