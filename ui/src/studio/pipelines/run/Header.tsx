import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import { Link } from '@/kit/Link';
import { PageHeader } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { isOver } from '@/kit/status';
import { Time } from '@/kit/Time';
import { RunDuration, RunState } from '@/kit/RunState';
import { ownState, type Counts, type PipelineDetail, type Run } from '../queries';
import { countsOf, doneOf } from '../words';
import { CancelButton } from './CancelButton';
import { CompareLink } from './CompareLink';
import { RerunMenu } from './RerunMenu';

interface Props {
  detail: PipelineDetail;
  /** How it stands now. */
  run: Run;
  counts: Counts;
}

/** What a pipeline's run is, how it stands, and what can be done with it. */
export function Header({ detail, run, counts }: Props) {
  const cache = useQueryClient();
  const over = isOver(run.state);
  const nested = detail.root_id !== run.id;
  // what does not follow each step is not drawn again with each
  const onCanceled = useCallback(
    (changed: Run) => void cache.setQueryData(ownState(changed.id).queryKey, changed),
    [cache],
  );
  const finished = over ? (counts.completed ?? 0) + (counts.reused ?? 0) : 0;
  return (
    <>
      {nested ? (
        <nav aria-label="Pipelines above this one">
          Inside of <Link href={at(['pipelines', detail.root_id], { run: run.id })}>another pipeline</Link>
        </nav>
      ) : null}
      <PageHeader
        title={run.name}
        lead={detail.description || undefined}
        facts={
          <>
            <span role="status">
              <RunState run={run} />
            </span>
            <span title={countsOf(counts)}>
              {count(doneOf(counts))} of {count(counts.total)} steps done
              {counts.reused ? `, ${count(counts.reused)} reused` : ''}
              {counts.failed ? `, ${count(counts.failed)} failed` : ''}
            </span>
            <span>
              in <Link href={at(['experiments'], { experiment: run.experiment })}>{run.experiment}</Link>
            </span>
            <span>by {run.user}</span>
            <span>
              <Time at={run.created_at} />
            </span>
            {run.started_at ? (
              <span title="Duration">
                {over ? 'took ' : 'for '}
                <RunDuration run={run} />
              </span>
            ) : null}
            {detail.rerun_of ? (
              <span>
                goes on from <Link href={at(['pipelines', detail.rerun_of])}>an earlier run</Link>
              </span>
            ) : null}
            <Link href={at(['experiments', 'runs', run.id])}>as a run</Link>
            <Id value={run.id} />
          </>
        }
        actions={
          nested ? null : (
            <>
              <CancelButton run={run} onCanceled={onCanceled} />
              <RerunMenu run={run} total={counts.total} finished={finished} />
              <CompareLink run={run} rerunOf={detail.rerun_of ?? null} />
            </>
          )
        }
      />
      {over ? null : (
        <ProgressBar
          name={`Progress of ${run.name}`}
          done={doneOf(counts)}
          total={counts.total}
          label={run.waits_for ?? (counts.running ? `${count(counts.running)} at work` : undefined)}
          startedAt={run.started_at ?? null}
        />
      )}
    </>
  );
}
