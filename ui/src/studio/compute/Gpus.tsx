import { Progress, Table, Text } from '@mantine/core';
import { between, bytes, duration } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { useNow } from '@/kit/Time';
import type { Compute } from './queries';
import { Scrolled } from './Scrolled';

/** The GPUs of a machine, and who has each. */
export function Gpus({ compute }: { compute: Compute }) {
  const now = useNow(1000);
  if (compute.gpus.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None for jobs. {compute.gpus_note}
      </Text>
    );
  return (
    <Scrolled label="GPUs" width={640}>
      <Table.Thead>
        <Table.Tr>
          {['GPU', 'Model', 'Memory', 'Busy', 'Held by', 'For'].map((head) => (
            <Table.Th key={head} scope="col">
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {compute.gpus.map((it) => (
          <Table.Tr key={it.id}>
            <Table.Td>{it.number}</Table.Td>
            <Table.Td>{it.name}</Table.Td>
            <Table.Td>
              {typeof it.used_bytes !== 'number'
                ? bytes(it.memory_bytes)
                : `${bytes(it.used_bytes)} of ${bytes(it.memory_bytes)}`}
            </Table.Td>
            <Table.Td>
              {typeof it.busy !== 'number' ? (
                '–'
              ) : (
                <>
                  {Math.round(it.busy)} %
                  <Progress value={it.busy} aria-label={`GPU ${it.number} busy`} size={4} />
                </>
              )}
            </Table.Td>
            <Table.Td>
              {it.run_id ? (
                <Link href={at(['experiments', 'runs', it.run_id])}>{it.title}</Link>
              ) : (
                (it.title ?? (
                  <Text span inherit c="dimmed">
                    free
                  </Text>
                ))
              )}
            </Table.Td>
            <Table.Td>{it.since ? duration(between(it.since, null, now)) : '–'}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Scrolled>
  );
}
