import { Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { Chart } from '@/kit/charts/Chart';
import { Answer } from '@/kit/Page';
import type { Palette } from '@/theme';
import { chartOption, chartTable } from './chartOption';
import { chart } from './queries';
import {
  hasScale,
  isNumber,
  type ChartData,
  type ChartQuery,
  type Column,
  type Condition,
  type Place,
} from './types';

interface Props {
  place: Place;
  columns: readonly Column[];
  filter: Condition[];
}

type Kind = ChartQuery['kind'];
type How = NonNullable<ChartQuery['aggregate']>;
const KINDS: { value: Kind; label: string }[] = [
  { value: 'bar', label: 'Bars' },
  { value: 'line', label: 'Line' },
  { value: 'scatter', label: 'Scatter' },
  { value: 'histogram', label: 'Histogram' },
];
const HOW: { value: How; label: string }[] = [
  { value: 'count', label: 'Number' },
  { value: 'sum', label: 'Sum' },
  { value: 'mean', label: 'Mean' },
  { value: 'median', label: 'Median' },
  { value: 'min', label: 'Smallest' },
  { value: 'max', label: 'Largest' },
];

/** A quick look at one or two columns; every row that fits the filter is counted, few points are drawn. */
export function ChartPanel({ place, columns, filter }: Props) {
  const scaled = columns.filter((column) => hasScale(column.type)).map((column) => column.name);
  const numbers = columns.filter((column) => isNumber(column.type)).map((column) => column.name);
  const all = columns.map((column) => column.name);
  const [kind, setKind] = useState<Kind>(scaled.length > 0 ? 'histogram' : 'bar');
  const [chosenX, setX] = useState<string | null>(null);
  const [chosenY, setY] = useState<string | null>(null);
  const [how, setHow] = useState<How>('mean');
  const xs = kind === 'bar' ? all : scaled;
  const ys = kind === 'scatter' ? scaled : numbers;
  const x = chosenX !== null && xs.includes(chosenX) ? chosenX : xs[0];
  const second = ys.find((name) => name !== x) ?? ys[0];
  const y = chosenY !== null && ys.includes(chosenY) ? chosenY : kind === 'scatter' ? second : null;
  const pair = kind !== 'histogram';
  const body: ChartQuery = {
    kind,
    x: x ?? '',
    y: pair ? (y ?? null) : null,
    aggregate: y && kind !== 'scatter' ? how : 'count',
    bins: kind === 'line' ? 120 : 40,
    filter,
  };
  const found = useQuery({
    ...chart(place, body),
    enabled: x !== undefined && (kind !== 'scatter' || Boolean(y)),
  });
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <SegmentedControl
          size="xs"
          aria-label="Kind of chart"
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={KINDS}
        />
        <Select size="xs" label="Across" searchable data={xs} value={x ?? null} onChange={setX} limit={200} />
        {pair ? (
          <Select
            size="xs"
            label="Up"
            searchable
            clearable={kind !== 'scatter'}
            placeholder="number of rows"
            data={ys}
            value={y ?? null}
            onChange={setY}
            limit={200}
          />
        ) : null}
        {pair && y && kind !== 'scatter' ? (
          <Select
            size="xs"
            label="As"
            w={110}
            data={HOW}
            value={how}
            onChange={(value) => setHow(HOW.find((one) => one.value === value)?.value ?? 'mean')}
            allowDeselect={false}
          />
        ) : null}
      </Group>
      {x === undefined ? (
        <Text size="sm" c="dimmed">
          No column has numbers or dates: draw bars.
        </Text>
      ) : (
        <Answer query={found} rows={4} inline>
          {(points) => <Drawn points={points} x={x} y={body.y ?? null} how={body.aggregate ?? 'count'} />}
        </Answer>
      )}
    </Stack>
  );
}

function Drawn({ points, x, y, how }: { points: ChartData; x: string; y: string | null; how: How }) {
  const option = useCallback((p: Palette) => chartOption(p, points, x, y ?? 'rows'), [points, x, y]);
  const label = HOW.find((one) => one.value === how)?.label ?? how;
  const title =
    y === null ? `Rows by ${x}` : points.kind === 'scatter' ? `${y} by ${x}` : `${label} of ${y} by ${x}`;
  return (
    <Chart title={title} summary={points.text} table={chartTable(points, x, y ?? 'rows')} option={option} />
  );
}
