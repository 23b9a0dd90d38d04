import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { counted } from '@/kernel/format';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { reasonOf, whyQueued } from '@/kit/waits';
import { waiting, type Run } from './queries';
import classes from './compute.module.css';
import { JobLink } from './JobLink';
import { Scrolled } from './Scrolled';

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
          <Queue runs={runs} />
        );
      }}
    </Answer>
  );
}

function Queue({ runs }: { runs: Run[] }) {
  const accounts = new Set(runs.map((run) => run.user)).size;
  const priorities = runs.some((run) => run.priority !== runs[0]?.priority);
  const heads = ['Place', 'Job', 'Kind', 'By', ...(priorities ? ['Priority'] : []), 'Since', 'Why it waits'];
  const first = runs.find((run) => run.position === 1);
  return (
    <>
      {accounts > 1 || priorities ? (
        <Text size="sm" c="dimmed">
          {priorities ? 'A higher priority goes first. ' : ''}
          {accounts > 1
            ? 'Accounts and workspaces take turns, however many jobs each has waiting; within an account the oldest goes first.'
            : ''}
        </Text>
      ) : null}
      <Scrolled label="Waiting jobs" width={640}>
        <Table.Thead>
          <Table.Tr>
            {heads.map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td>{run.position ?? '–'}</Table.Td>
              <Table.Td className={classes.jobName ?? ''}>
                <JobLink job={named(run)} among={runs.map(named)} />
              </Table.Td>
              <Table.Td>{run.kind}</Table.Td>
              <Table.Td className={classes.whole ?? ''}>{run.user}</Table.Td>
              {priorities ? <Table.Td>{run.priority}</Table.Td> : null}
              <Table.Td className={classes.whole ?? ''}>
                <Time at={run.created_at} />
              </Table.Td>
              <Table.Td>{whyHere(run, first)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Scrolled>
    </>
  );
}

const named = (run: Run) => ({ title: run.name, run_id: run.id, attempt: run.attempt + 1 });

/** Why a job waits, beside its place: what all of a queue wait for is said once, at its head. */
function whyHere(run: Run, first: Run | undefined): string {
  const reason = reasonOf(run.waits_for);
  if (!run.position || run.position === 1) return whyQueued(reason);
  const behind = `Behind ${counted(run.position - 1, 'job')}`;
  const same = reason === '' || reason === reasonOf(first?.waits_for);
  return same ? `${behind}.` : `${behind}; ${whyQueued(reason).replace(/^./, (one) => one.toLowerCase())}`;
}
