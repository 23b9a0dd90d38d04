import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { between, duration } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconRocket, IconStop } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { PageHeader } from '@/kit/Page';
import { isOver } from '@/kit/status';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time, useNow } from '@/kit/Time';
import type { AutoMLRun } from '../documents';
import { LearnedFrom } from '../LearnedFrom';

/** The same question asked again, open to change: the wizard filled in. */
export function againHref(run: AutoMLRun): string {
  const { spec } = run;
  return at(['automl', 'new'], {
    step: 'review',
    dataset: run.dataset,
    target: spec.target,
    task: spec.task === 'auto' ? undefined : spec.task,
    metric: spec.metric,
    time: spec.max_trials ? undefined : (spec.time_limit ?? undefined),
    trials: spec.max_trials,
    seed: spec.seed || undefined,
    cores: spec.cores,
    drop: spec.drop,
    blocked: spec.blocked,
    model: spec.model,
  });
}

export function ResultHeader({ run: found, id }: { run: AutoMLRun | undefined; id: string }) {
  const follow = useFollow();
  const cache = useQueryClient();
  const mayCancel = useMay('experiments.write');
  const mayDeploy = useMay('endpoints.write');
  const running = found ? !isOver(found.run.state) : false;
  const now = useNow(running ? 1000 : 0);
  const stop = useMutation({
    mutationFn: () =>
      data(api().POST('/experiments/runs/{run_id}/cancel', { params: { path: { run_id: id } } })),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['automl'] }),
    onError: toastProblem,
  });
  const deploy = found?.model ? at(['endpoints', 'new'], { model: found.model }) : undefined;
  const actions = useMemo(
    () => [
      ...(found && !found.pipeline_id
        ? [{ id: 'again', label: 'Train again with changes', key: 'a', run: () => follow(againHref(found)) }]
        : []),
      { id: 'run', label: 'Open the run of this job', run: () => follow(at(['experiments', 'runs', id])) },
      ...(deploy ? [{ id: 'deploy', label: 'Deploy the model', key: 'd', run: () => follow(deploy) }] : []),
    ],
    [deploy, follow, found, id],
  );
  usePageActions(actions);
  if (!found) return <PageHeader title="AutoML run" />;
  const { run, dataset } = found;
  return (
    <PageHeader
      title={run.name || `${found.spec.target} of ${dataset}`}
      facts={
        <>
          <span role="status" aria-live="polite">
            <StatusBadge state={running && run.desired === 'Canceled' ? 'stopping' : run.state} />
          </span>
          <span>
            <LearnedFrom run={found} /> → {found.spec.target}
          </span>
          {found.pipeline_id ? (
            <span>
              a step of <Link href={at(['pipelines', found.pipeline_id])}>a pipeline</Link>
            </span>
          ) : null}
          <span>{found.summary?.task ?? (found.spec.task === 'auto' ? null : found.spec.task)}</span>
          {run.started_at ? <span>{duration(between(run.started_at, run.ended_at, now))}</span> : null}
          <span>
            by {run.user} <Time at={run.created_at} />
          </span>
        </>
      }
      actions={
        <>
          {running ? (
            <Button
              variant="default"
              leftSection={<IconStop size={16} />}
              disabled={!mayCancel || run.desired === 'Canceled'}
              loading={stop.isPending}
              onClick={() => stop.mutate()}
            >
              Cancel
            </Button>
          ) : found.pipeline_id ? null : (
            <Button
              variant="default"
              component="a"
              href={againHref(found)}
              onClick={(event) => follow(againHref(found), event)}
            >
              Train again
            </Button>
          )}
          {deploy ? (
            <Button
              component="a"
              href={deploy}
              leftSection={<IconRocket size={16} />}
              onClick={(event) => follow(deploy, event)}
              data-disabled={!mayDeploy || undefined}
            >
              Deploy
            </Button>
          ) : null}
        </>
      }
    />
  );
}
