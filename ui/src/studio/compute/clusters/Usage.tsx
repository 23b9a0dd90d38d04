import { SegmentedControl, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { at } from '@/kernel/workspace';
import { Bars } from '@/kit/charts/Bars';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { hours, money, usage, type ClusterUsage } from './queries';
import { Scrolled } from '../Scrolled';

/** Hours and cost by day, and the jobs that have ended. */
export function Usage({ name, priced }: { name: string; priced: boolean }) {
  const search = useSearch({ from: '/w/$ws/compute/$name' });
  const navigate = useNavigate({ from: '/w/$ws/compute/$name' });
  const days = search.days ?? 7;
  const query = useQuery(usage(name, days));
  return (
    <Section
      title="Usage"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Days"
          value={String(days)}
          data={[7, 30, 90].map((each) => ({ value: String(each), label: `${each} days` }))}
          onChange={(value) =>
            void navigate({
              search: (old) => ({ ...old, days: value === '7' ? undefined : Number(value) }),
              replace: true,
            })
          }
        />
      }
    >
      <Answer query={query} rows={3} inline>
        {(found) => <Shown found={found} days={days} priced={priced} />}
      </Answer>
    </Section>
  );
}

function Shown({ found, days, priced }: { found: ClusterUsage; days: number; priced: boolean }) {
  const up = sum(found.days.map((day) => day.node_hours));
  const worked = sum(found.days.map((day) => day.job_hours));
  const cost = sum(found.days.map((day) => day.cost));
  if (up === 0)
    return (
      <Text size="sm" c="dimmed">
        No node was up in these {days} days.
      </Text>
    );
  const top = found.days.reduce((best, day) => (day.node_hours > best.node_hours ? day : best));
  return (
    <>
      <Text size="sm">
        {hours(up)} of nodes, of which jobs used {hours(worked)}
        {priced ? `; cost ${money(cost)}` : ''}.
      </Text>
      <Bars
        height={48}
        values={found.days.map((day) => Math.round(day.node_hours * 3600))}
        label={`Node hours by day for ${days} days, most on ${top.day}: ${hours(top.node_hours)}`}
      />
      <Text size="xs" c="dimmed">
        Node hours by day, {found.days[0]?.day} to {found.days.at(-1)?.day} (UTC); most on {top.day}:{' '}
        {hours(top.node_hours)}.
      </Text>
      {found.jobs.length > 0 ? (
        <Scrolled label="Jobs that have ended" width={560}>
          <Table.Thead>
            <Table.Tr>
              {['Job', 'Attempt', 'Node', 'Ended', 'Hours', ...(priced ? ['Cost'] : [])].map((head) => (
                <Table.Th key={head} scope="col" ta={NUMBERS.has(head) ? 'right' : 'left'}>
                  {head}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.jobs.map((job) => (
              <Table.Tr key={`${job.run_id} ${job.attempt}`}>
                <Table.Td>
                  {job.run_id ? (
                    <Link href={at(['experiments', 'runs', job.run_id])}>{job.title}</Link>
                  ) : (
                    job.title
                  )}
                </Table.Td>
                <Table.Td ta="right">{job.attempt}</Table.Td>
                <Table.Td ta="right">{job.node}</Table.Td>
                <Table.Td>
                  <Time at={job.ended_at} />
                </Table.Td>
                <Table.Td ta="right">{hours(job.hours)}</Table.Td>
                {priced ? <Table.Td ta="right">{money(job.cost)}</Table.Td> : null}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Scrolled>
      ) : null}
    </>
  );
}

const NUMBERS = new Set(['Attempt', 'Node', 'Hours', 'Cost']);

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
