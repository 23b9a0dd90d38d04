import { Table, Text } from '@mantine/core';
import { between, bytes, duration } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { useNow } from '@/kit/Time';
import type { Compute } from './queries';
import { Scrolled } from './Scrolled';

export function Holdings({ compute }: { compute: Compute }) {
  const now = useNow(1000);
  if (compute.holdings.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing runs.
      </Text>
    );
  return (
    <Scrolled label="Running now" width={640}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Job</Table.Th>
          <Table.Th scope="col" ta="right">
            Cores
          </Table.Th>
          <Table.Th scope="col" ta="right">
            GPUs
          </Table.Th>
          <Table.Th scope="col" ta="right">
            Memory
          </Table.Th>
          <Table.Th scope="col" ta="right">
            Limit
          </Table.Th>
          <Table.Th scope="col" ta="right">
            Processes
          </Table.Th>
          <Table.Th scope="col" ta="right">
            For
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {compute.holdings.map((it) => (
          <Table.Tr key={it.holder}>
            <Table.Td>
              {it.run_id ? (
                <Link href={at(['experiments', 'runs', it.run_id])}>{it.title}</Link>
              ) : it.cluster ? (
                <Link href={at(['compute', it.cluster])}>{it.title}</Link>
              ) : (
                it.title
              )}
            </Table.Td>
            <Table.Td ta="right">{it.cores}</Table.Td>
            <Table.Td ta="right">{it.gpus?.join(', ') || '–'}</Table.Td>
            <Table.Td ta="right">{bytes(it.memory_bytes)}</Table.Td>
            <Table.Td ta="right">{it.memory_limit_bytes ? bytes(it.memory_limit_bytes) : 'none'}</Table.Td>
            <Table.Td ta="right">{it.processes ?? '–'}</Table.Td>
            <Table.Td ta="right">{duration(between(it.since, null, now))}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Scrolled>
  );
}
