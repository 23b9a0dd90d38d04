import { between } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import type { GridColumn } from '@/kit/grid/types';
import { Link } from '@/kit/Link';
import { ProgressBar } from '@/kit/ProgressBar';
import { RunDuration, RunState } from '@/kit/RunState';
import { RunSwatch } from '@/kit/RunSwatch';
import { isOver } from '@/kit/status';
import { Time } from '@/kit/Time';
import type { Run } from './queries';

/** Where a run is looked at: a pipeline has a page of its own. */
export function runHref(run: Pick<Run, 'id'> & { kind?: string }): string {
  return run.kind === 'pipeline' ? at(['pipelines', run.id]) : at(['experiments', 'runs', run.id]);
}

export function RunProgress({ run }: { run: Run }) {
  if (!run.progress || isOver(run.state)) return null;
  return (
    <ProgressBar
      name={`Progress of ${run.name}`}
      done={run.progress.done}
      total={run.progress.total ?? null}
      label={run.progress.label || undefined}
      startedAt={run.started_at ?? null}
    />
  );
}

export function runColumns(
  slots: ReadonlyMap<string, number>,
  options: { experiment: boolean; measured?: readonly GridColumn<Run>[] },
): GridColumn<Run>[] {
  return [
    {
      id: 'name',
      header: 'Run',
      width: 180,
      grow: true,
      value: (run) => run.name,
      cell: (run) => (
        <>
          <RunSwatch slot={slots.get(run.id) ?? 0} /> {run.name}
        </>
      ),
    },
    {
      id: 'state',
      header: 'State',
      width: 120,
      value: (run) => run.state,
      cell: (run) => <RunState run={run} />,
    },
    {
      id: 'progress',
      header: 'Progress',
      width: 140,
      sortable: false,
      value: (run) => run.progress?.label ?? null,
      cell: (run) => <ProgressText run={run} />,
    },
    ...(options.measured ?? []),
    ...(options.experiment
      ? [
          {
            id: 'experiment',
            header: 'Experiment',
            width: 130,
            value: (run: Run) => run.experiment,
            cell: (run: Run) => (
              <Link href={at(['experiments'], { experiment: run.experiment })}>{run.experiment}</Link>
            ),
          },
        ]
      : []),
    { id: 'kind', header: 'Kind', width: 96, value: (run) => run.kind },
    { id: 'user', header: 'User', width: 90, value: (run) => run.user },
    {
      id: 'created',
      header: 'Created',
      width: 110,
      value: (run) => run.created_at,
      cell: (run) => <Time at={run.created_at} />,
    },
    {
      id: 'duration',
      header: 'Duration',
      width: 96,
      align: 'right',
      value: (run) => between(run.started_at, run.ended_at),
      cell: (run) => <RunDuration run={run} />,
    },
    {
      id: 'id',
      header: 'Id',
      width: 130,
      optional: true,
      value: (run) => run.id,
      cell: (run) => <Id value={run.id} />,
    },
    { id: 'error', header: 'Error', width: 260, optional: true, value: (run) => run.error ?? null },
  ];
}

function ProgressText({ run }: { run: Run }) {
  if (!run.progress || isOver(run.state)) return null;
  const { done, total, label } = run.progress;
  const text = total ? `${Math.min(100, Math.floor((done / total) * 100))}%` : '';
  return <span title={label}>{[text, label].filter(Boolean).join(' · ')}</span>;
}
