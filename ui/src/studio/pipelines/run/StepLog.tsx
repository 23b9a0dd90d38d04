import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { RunLog } from '@/kit/log/RunLog';
import { stateOf, type Step } from '../queries';
import type { Change, PipelineSearch } from '../search';
import classes from './run.module.css';

interface Props {
  step: Step;
  search: PipelineSearch;
  change: Change;
}

/** The log of the job of a step; of a reused one, that of the job whose result it is. */
export function StepLog({ step, search, change }: Props) {
  const own = ['command', 'sweep', 'parallel', 'notebook', 'spark', 'automl'].includes(step.kind);
  const id = (own && (step.origin_run_id ?? step.run_id)) || '';
  const query = useQuery({ ...stateOf(id), enabled: id !== '' });
  if (!own)
    return (
      <Text size="sm" c="dimmed">
        This step runs nothing itself; the steps inside of it have logs.
      </Text>
    );
  if (!id)
    return (
      <Text size="sm" c="dimmed">
        It has not started{step.waits_for ? `: ${step.waits_for}` : ''}.
      </Text>
    );
  return (
    <div className={classes.log}>
      {step.origin_run_id ? (
        <Text size="sm" mb="sm">
          The log of{' '}
          <Link href={at(['experiments', 'runs', step.origin_run_id], { tab: 'log' })}>the run</Link> whose
          result was taken.
        </Text>
      ) : null}
      <Answer query={query} rows={6} inline>
        {(run) => (
          <RunLog
            key={run.id}
            fill
            run={run}
            search={{ q: search.find, line: search.line }}
            change={(next) =>
              change({
                ...('q' in next ? { find: next.q } : {}),
                ...('line' in next ? { line: next.line } : {}),
              })
            }
          />
        )}
      </Answer>
    </div>
  );
}
