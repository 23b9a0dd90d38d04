import { Anchor, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { between, bytes, duration } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import { Section } from '@/kit/Page';
import type { Run } from '../queries';
import classes from './overview.module.css';

/** What each try at a job came to, and what it took of the machine. */
export function Attempts({ run }: { run: Run }) {
  const query = useQuery({
    queryKey: ['experiments', 'attempts', run.id, run.attempt],
    queryFn: ({ signal }) =>
      data(
        api().GET('/experiments/runs/{run_id}/attempts', { params: { path: { run_id: run.id } }, signal }),
      ),
  });
  if (!query.data || query.data.length === 0) return null;
  return (
    <Section title={query.data.length > 1 ? 'Attempts' : 'What it took'}>
      <div style={{ overflowX: 'auto' }} tabIndex={0} role="region" aria-label="Attempts">
        <Table aria-label="Attempts" className={classes.pairs ?? ''}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Attempt</Table.Th>
              <Table.Th scope="col">Ended as</Table.Th>
              <Table.Th scope="col" ta="right">
                Duration
              </Table.Th>
              <Table.Th scope="col" ta="right">
                Processor time
              </Table.Th>
              <Table.Th scope="col" ta="right">
                Most memory
              </Table.Th>
              {query.data.length > 1 && <Table.Th scope="col">Log</Table.Th>}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {query.data.map((it) => (
              <Table.Tr key={it.number}>
                <Table.Td>{it.number}</Table.Td>
                <Table.Td title={it.error ?? undefined}>
                  {it.failure ? it.failure.replaceAll('_', ' ') : `exit code ${it.exit_code ?? 0}`}
                </Table.Td>
                <Table.Td ta="right">{duration(between(it.started_at, it.ended_at))}</Table.Td>
                <Table.Td ta="right">{duration(it.cpu_seconds)}</Table.Td>
                <Table.Td ta="right">{bytes(it.peak_memory_bytes)}</Table.Td>
                {query.data.length > 1 && (
                  <Table.Td>
                    <Anchor
                      href={apiUrl(`/experiments/runs/${run.id}/log/file`, { attempt: it.number })}
                      aria-label={`Log of attempt ${it.number}`}
                      download
                    >
                      Download
                    </Anchor>
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </Section>
  );
}
