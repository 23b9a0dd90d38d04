import { Table, Text } from '@mantine/core';
import { between, bytes, duration } from '@/kernel/format';
import { useNow } from '@/kit/Time';
import { whyQueued } from '@/kit/waits';
import type { Machine } from './queries';
import { JobLink } from '../JobLink';
import { Scrolled } from '../Scrolled';

const HEADS = ['Job', 'Cores', 'Memory', 'Processes', 'For'];

/** What was sent to a machine: what runs there, and what waits in a queue of its own. */
export function Jobs({ it }: { it: Machine }) {
  const now = useNow(1000);
  const queued = it.jobs.some((job) => job.waits_for);
  if (it.jobs.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing of this studio runs there.
      </Text>
    );
  return (
    <Scrolled label="Running now" width={560}>
      <Table.Thead>
        <Table.Tr>
          {(queued ? [...HEADS, 'Why it waits'] : HEADS).map((head) => (
            <Table.Th key={head} scope="col">
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {it.jobs.map((job) => (
          <Table.Tr key={job.run_id ?? job.title}>
            <Table.Td>
              <JobLink job={job} among={it.jobs} />
            </Table.Td>
            <Table.Td>{job.cores}</Table.Td>
            <Table.Td>{job.memory_bytes === null ? '–' : bytes(job.memory_bytes ?? 0)}</Table.Td>
            <Table.Td>{job.processes ?? '–'}</Table.Td>
            <Table.Td>{duration(between(job.since, null, now))}</Table.Td>
            {queued ? <Table.Td>{job.waits_for ? whyQueued(job.waits_for) : '–'}</Table.Td> : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Scrolled>
  );
}
