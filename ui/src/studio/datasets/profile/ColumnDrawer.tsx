import { Drawer, Stack, Table, Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { count, duration, metric, percent } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis, NAMED } from '@/kit/charts/style';
import { KeyValue } from '@/kit/KeyValue';
import type { Palette } from '@/theme';
import type { ColumnProfile } from '../types';
import { binLabels, spoken, valueText } from './words';

interface Props {
  column: ColumnProfile | undefined;
  exact: boolean;
  onClose: () => void;
  /** Arrow keys go to the next column and back. */
  onStep: (by: number) => void;
}

/** All of one column, at the right: distribution, quantiles, frequent values. */
export function ColumnDrawer({ column, exact, onClose, onStep }: Props) {
  return (
    <Drawer
      opened={column !== undefined}
      onClose={onClose}
      title={column?.name}
      size={420}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowRight') onStep(1);
        else if (event.key === 'ArrowUp' || event.key === 'ArrowLeft') onStep(-1);
        else return;
        event.preventDefault();
      }}
    >
      {column ? <ColumnDetail column={column} exact={exact} /> : null}
    </Drawer>
  );
}

function ColumnDetail({ column, exact }: { column: ColumnProfile; exact: boolean }) {
  const roughly = exact ? '' : ' (estimated)';
  return (
    <Stack gap="lg">
      <KeyValue
        items={[
          ['Type', column.type],
          ['Values', count(column.count)],
          ['Missing', `${count(column.missing)} (${percent(column.missing_share)})`],
          ['Distinct', `${count(column.distinct)}${column.distinct_exact ? '' : ' (estimated)'}`],
          ['Smallest', column.min == null ? null : valueText(column, column.min)],
          ['Largest', column.max == null ? null : valueText(column, column.max)],
          ['Mean', column.mean == null ? null : valueText(column, column.mean)],
          ['Deviation', column.std == null ? null : metric(column.std)],
          ['Variance', column.variance == null ? null : metric(column.variance)],
          ['Skewness', column.skewness == null ? null : metric(column.skewness, 3)],
          ['Kurtosis', column.kurtosis == null ? null : metric(column.kurtosis, 3)],
          ['Range', column.range_seconds == null ? null : duration(column.range_seconds)],
          ['Empty', column.empty ? count(column.empty) : null],
          ['Kinds', kinds(column)],
          ['Zeros', column.zeros ? count(column.zeros) : null],
          ['Infinite', column.infinite ? count(column.infinite) : null],
          [
            'Characters',
            column.max_length == null
              ? null
              : `${count(column.min_length)} to ${count(column.max_length)}, mean ${metric(column.mean_length, 3)}`,
          ],
        ]}
      />
      {column.histogram ? <Distribution column={column} /> : null}
      {column.top && column.top.length > 0 ? (
        <div>
          <Text fw={600} size="sm">
            Frequent values{roughly}
          </Text>
          <Rows
            head={['Value', 'Rows', 'Share']}
            rows={column.top.map((top) => [
              top.value === '' ? '(empty text)' : top.value,
              count(top.count),
              percent(top.share),
            ])}
          />
        </div>
      ) : null}
      {column.quantiles && Object.keys(column.quantiles).length > 0 ? (
        <div>
          <Text fw={600} size="sm">
            Quantiles{roughly}
          </Text>
          <Rows
            head={['Share below', 'Value']}
            rows={Object.entries(column.quantiles).map(([share, value]) => [
              `${+(Number(share) * 100).toFixed(1)} %`,
              valueText(column, value),
            ])}
          />
        </div>
      ) : null}
    </Stack>
  );
}

/** What texts could be read as, when that is not one thing. */
function kinds(column: ColumnProfile): string | null {
  const found = Object.entries(column.types ?? {});
  if (found.length < 2) return null;
  return found.map(([kind, share]) => `${kind} ${percent(share)}`).join(', ');
}

function Distribution({ column }: { column: ColumnProfile }) {
  const histogram = column.histogram;
  const labels = useMemo(() => (histogram ? binLabels(column, histogram) : []), [column, histogram]);
  const option = useCallback(
    (p: Palette) => ({
      grid: { ...NAMED, left: 8, top: 8 },
      legend: { show: false },
      tooltip: { trigger: 'axis' as const },
      xAxis: axis(p, '', {
        type: 'category',
        data: labels,
        axisLabel: { color: p.muted, formatter: (text: string) => text.split(' – ')[0] ?? text },
      }),
      yAxis: axis(p, '', { type: 'value' }),
      series: [{ type: 'bar' as const, name: 'rows', data: histogram?.counts ?? [], barCategoryGap: '8%' }],
    }),
    [labels, histogram],
  );
  if (!histogram) return null;
  const n = histogram.counts.reduce((sum, rows) => sum + rows, 0);
  return (
    <Chart
      title="Distribution"
      summary={`${spoken(column)}. ${histogram.counts.length} bins, n = ${count(n)}.`}
      table={{
        columns: ['bin', 'rows'],
        rows: histogram.counts.map((rows, index) => [labels[index] ?? '', rows]),
      }}
      option={option}
      height={200}
    />
  );
}

function Rows({ head, rows }: { head: string[]; rows: string[][] }) {
  return (
    <Table verticalSpacing={2} fz="sm" withRowBorders={false}>
      <Table.Thead>
        <Table.Tr>
          {head.map((text, index) => (
            <Table.Th key={text} ta={index ? 'right' : 'left'} fw={500}>
              {text}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row, line) => (
          <Table.Tr key={line}>
            {row.map((text, index) => (
              <Table.Td key={index} ta={index ? 'right' : 'left'} style={{ overflowWrap: 'anywhere' }}>
                {text}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
