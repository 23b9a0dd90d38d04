import { Button, Table, Text } from '@mantine/core';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { uses } from './queries';
import classes from '../workspace.module.css';

/** Which jobs got the value, newest first. */
export function Uses({ name }: { name: string }) {
  const found = usePages(uses(name));
  return (
    <Section title="Uses">
      <Answer query={found} rows={2}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              No job got it yet. Each one that does is written down here, and in the audit trail.
            </Text>
          ) : (
            <>
              <Table aria-label={`Uses of ${name}`} className={classes.table ?? ''}>
                <Table.Thead>
                  <Table.Tr>
                    {['When', 'In whose name', 'Version', 'Variable', 'Job', 'Attempt'].map((head) => (
                      <Table.Th key={head} scope="col">
                        {head}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((use) => (
                    <Table.Tr key={`${use.run_id} ${use.attempt} ${use.env}`}>
                      <Table.Td>
                        <Time at={use.at} />
                      </Table.Td>
                      <Table.Td>{use.account}</Table.Td>
                      <Table.Td>{use.version}</Table.Td>
                      <Table.Td>
                        <code>{use.env}</code>
                      </Table.Td>
                      <Table.Td className={classes.long ?? ''}>
                        {use.run_id ? (
                          <Link href={at(['experiments', 'runs', use.run_id])}>{use.run || use.run_id}</Link>
                        ) : (
                          use.run
                        )}
                      </Table.Td>
                      <Table.Td>{use.attempt}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {found.hasMore ? (
                <Button variant="default" onClick={found.more}>
                  Older
                </Button>
              ) : null}
            </>
          )
        }
      </Answer>
    </Section>
  );
}
