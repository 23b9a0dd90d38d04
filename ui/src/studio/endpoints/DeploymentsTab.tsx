import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { tierWord } from './EndpointList';
import { deployments, type Endpoint } from './queries';
import classes from './endpoints.module.css';

/** Every deployment there was, newest first. */
export function DeploymentsTab({ endpoint }: { endpoint: Endpoint }) {
  const query = useQuery(deployments(endpoint.name));
  return (
    <Answer query={query}>
      {(rows) => (
        <Table.ScrollContainer minWidth={760}>
          <Table aria-label="Deployments" className={classes.table ?? ''}>
            <Table.Thead>
              <Table.Tr>
                {['Number', 'State', 'Model', 'Served', 'Workers', 'Created', 'By', 'What happened', ''].map(
                  (head) => (
                    <Table.Th key={head} scope="col">
                      {head || <span className={classes.hidden}>Log</span>}
                    </Table.Th>
                  ),
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((it) => (
                <Table.Tr key={it.id}>
                  <Table.Td>{it.number}</Table.Td>
                  <Table.Td>
                    <StatusBadge state={it.state} />
                  </Table.Td>
                  <Table.Td>
                    <Link href={at(['models', it.model], { version: it.version })}>
                      {it.model}:{it.version}
                    </Link>
                  </Table.Td>
                  <Table.Td title={it.why}>{tierWord(it.tier) ?? '–'}</Table.Td>
                  <Table.Td>{it.workers}</Table.Td>
                  <Table.Td>
                    <Time at={it.created_at} />
                  </Table.Td>
                  <Table.Td>{it.created_by}</Table.Td>
                  <Table.Td>{it.failure?.error ?? it.message}</Table.Td>
                  <Table.Td>
                    <Link href={at(['endpoints', endpoint.name], { tab: 'logs', deployment: it.number })}>
                      Log
                    </Link>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Answer>
  );
}
