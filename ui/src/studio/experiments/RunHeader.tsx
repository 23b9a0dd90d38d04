import { useQueryClient } from '@tanstack/react-query';
import { Button } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import { Link, useFollow } from '@/kit/Link';
import { PageHeader } from '@/kit/Page';
import { RunDuration, RunState } from '@/kit/RunState';
import { isOver } from '@/kit/status';
import { Time } from '@/kit/Time';
import { CancelButton } from './CancelButton';
import { CompareWith } from './compare/CompareWith';
import { run as runQuery, type Run } from './queries';
import { Ancestors } from './run/Ancestors';
import { InBin } from './run/InBin';
import { RunAgain } from './RunAgain';
import { RunProgress } from './runColumns';

/** What a run of some kinds is better looked at as. */
const RESULT: Record<string, { label: string; slice: string }> = {
  automl: { label: 'Open the AutoML result', slice: 'automl' },
  pipeline: { label: 'Open the pipeline', slice: 'pipelines' },
};

export function RunHeader({ run }: { run: Run }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const result = run.state === 'Reused' ? undefined : RESULT[run.kind]; // which trained nothing itself
  return (
    <>
      <Ancestors run={run} />
      <PageHeader
        title={run.name}
        facts={
          <>
            <span role="status">
              <RunState run={run} />
            </span>
            <span>{run.kind}</span>
            <span>
              in <Link href={at(['experiments'], { experiment: run.experiment })}>{run.experiment}</Link>
            </span>
            <span>by {run.user}</span>
            <span>
              <Time at={run.created_at} />
            </span>
            {run.started_at ? (
              <span title="Duration">
                {isOver(run.state) ? 'took ' : 'for '}
                <RunDuration run={run} />
              </span>
            ) : null}
            <Id value={run.id} />
          </>
        }
        actions={
          <>
            <CancelButton
              runs={run.lifecycle === 'deleted' && !run.compute ? [] : [run]}
              onCanceled={(runs) => {
                const [changed] = runs;
                if (changed) cache.setQueryData(runQuery(run.id).queryKey, changed);
              }}
            />
            <RunAgain run={run} />
            <CompareWith run={run} />
            {result ? (
              <Button
                component="a"
                href={at([result.slice, run.id])}
                onClick={(event) => follow(at([result.slice, run.id]), event)}
              >
                {result.label}
              </Button>
            ) : null}
          </>
        }
      />
      <InBin run={run} />
      <RunProgress run={run} />
    </>
  );
}
