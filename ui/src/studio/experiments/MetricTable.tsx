import { Table, Text } from '@mantine/core';
import { count, metric } from '@/kernel/format';
import type { Metric } from './queries';
import classes from './experiments.module.css';

export function latestText(it: Pick<Metric, 'value' | 'special'>): string {
  return it.special ?? metric(it.value);
}

/** Each metric with its latest value, and where it was lowest and highest. */
export function MetricTable({ metrics }: { metrics: readonly Metric[] }) {
  if (metrics.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No metrics were logged.
      </Text>
    );
  const series = metrics.some((it) => it.points > 1);
  return (
    <Table aria-label="Metrics" className={`${classes.pairs ?? ''} ${classes.numbers ?? ''}`}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Metric</Table.Th>
          <Table.Th scope="col" ta="right">
            Latest
          </Table.Th>
          {series ? (
            <>
              <Table.Th scope="col" ta="right">
                Lowest
              </Table.Th>
              <Table.Th scope="col" ta="right">
                Highest
              </Table.Th>
              <Table.Th scope="col" ta="right">
                Points
              </Table.Th>
            </>
          ) : null}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {metrics.map((it) => (
          <Table.Tr key={it.key}>
            <Table.Th scope="row">{it.key}</Table.Th>
            <Table.Td ta="right" title={`${it.value ?? it.special ?? ''} at step ${it.step}`}>
              {latestText(it)}
            </Table.Td>
            {series ? (
              <>
                <Table.Td ta="right" title={it.low_step == null ? '' : `at step ${it.low_step}`}>
                  {it.points > 1 ? (it.low_special ?? metric(it.low)) : ''}
                </Table.Td>
                <Table.Td ta="right" title={it.high_step == null ? '' : `at step ${it.high_step}`}>
                  {it.points > 1 ? (it.high_special ?? metric(it.high)) : ''}
                </Table.Td>
                <Table.Td ta="right">{count(it.points)}</Table.Td>
              </>
            ) : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
