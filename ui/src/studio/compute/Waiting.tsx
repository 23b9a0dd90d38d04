import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { waiting } from './queries';
import { whyQueued } from './why';
import classes from './compute.module.css';

/** The queue of a compute in its order, and for each job what it waits for. */
export function Waiting({ compute }: { compute: string }) {
  const query = useQuery(waiting);
  return (
    <Answer query={query} rows={2} inline>
      {(all) => {
        const runs = all.filter((run) => run.compute === compute);
        return runs.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing waits.
          </Text>
        ) : (
          <Table aria-label="Waiting jobs" className={classes.table ?? ''}>
            <Table.Thead>
              <Table.Tr>
                {['Job', 'Kind', 'Since', 'Why it waits'].map((head) => (
                  <Table.Th key={head} scope="col">
                    {head}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {runs.map((run) => (
                <Table.Tr key={run.id}>
                  <Table.Td>
                    <Link href={at(['experiments', 'runs', run.id])}>{run.name}</Link>
                  </Table.Td>
                  <Table.Td>{run.kind}</Table.Td>
                  <Table.Td>
                    <Time at={run.created_at} />
                  </Table.Td>
                  <Table.Td>{whyQueued(run.waits_for)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        );
      }}
    </Answer>
  );
}
