import { Button } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { between, duration } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { MetricCell } from '@/kit/MetricCell';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { metricName, type AutoMLRun } from './documents';
import { LearnedFrom } from './LearnedFrom';
import { list } from './queries';

const CODE = {
  Python:
    'from studiolo import Studio\n\nstudio = Studio()\nrun = studio.automl.submit(dataset="titanic", target="Survived", time_limit=60)',
  'Command line': 'studiolo automl submit --dataset titanic --target Survived --time-limit 60 --wait',
};

const COLUMNS: GridColumn<AutoMLRun>[] = [
  { id: 'name', header: 'Run', value: (row) => row.run.name, width: 190, grow: true },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.run.state,
    cell: (row) => <StatusBadge state={row.run.state} title={row.run.error ?? undefined} />,
    width: 120,
  },
  {
    id: 'dataset',
    header: 'Dataset',
    value: (row) => row.dataset,
    cell: (row) => <LearnedFrom run={row} />,
    width: 120,
  },
  { id: 'target', header: 'Target', value: (row) => row.spec.target, width: 120 },
  {
    id: 'metric',
    header: 'Metric',
    value: (row) => metricName(row.summary?.metric ?? row.spec.metric ?? '') || null,
    width: 170,
    optional: true,
  },
  {
    id: 'score',
    header: 'Best',
    value: (row) => row.summary?.score ?? row.best?.score ?? null,
    cell: (row) => <MetricCell value={row.summary?.score ?? row.best?.score} />,
    align: 'right',
    width: 100,
  },
  { id: 'trials', header: 'Models', value: (row) => row.trials ?? 0, align: 'right', width: 90 },
  {
    id: 'model',
    header: 'Registered',
    value: (row) => row.model ?? null,
    cell: (row) => <ModelLink reference={row.model} />,
    width: 140,
  },
  {
    id: 'seconds',
    header: 'Time',
    value: (row) => between(row.run.started_at, row.run.ended_at),
    cell: (row) => duration(between(row.run.started_at, row.run.ended_at)),
    align: 'right',
    width: 110,
  },
  {
    id: 'created',
    header: 'Started',
    value: (row) => row.run.created_at,
    cell: (row) => <Time at={row.run.created_at} />,
    width: 120,
  },
  { id: 'user', header: 'By', value: (row) => row.run.user, width: 110, optional: true },
];

function ModelLink({ reference }: { reference: string | null | undefined }) {
  if (!reference) return <>–</>;
  const [name = '', version] = reference.split(':');
  return <Link href={at(['models', name], { version })}>{reference}</Link>;
}

export function AutoMLList() {
  const search = useSearch({ from: '/w/$ws/automl' });
  const navigate = useNavigate({ from: '/w/$ws/automl' });
  const follow = useFollow();
  const may = useMay('automl.write');
  const found = usePages(list());
  const actions = useMemo(
    () => [{ id: 'new-automl', label: 'Train models', key: 'c', run: () => follow(at(['automl', 'new'])) }],
    [follow],
  );
  usePageActions(actions);
  const start = (
    <Button
      component="a"
      href={at(['automl', 'new'])}
      onClick={(event) => follow(at(['automl', 'new']), event)}
      leftSection={<IconPlus size={16} />}
      data-disabled={!may || undefined}
    >
      Train models
    </Button>
  );
  return (
    <Page title="Automated ML" header={<PageHeader title="Automated ML" actions={start} />}>
      <Answer query={found}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState title="No models trained yet" code={CODE} action={start}>
              Choose a dataset, the column to predict and how long it may take; the studio tries models side
              by side, combines the best, checks them on rows they have not seen and registers the result.
            </EmptyState>
          ) : (
            <DataGrid
              label="AutoML runs"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.run.id}
              href={(row) => at(['automl', row.run.id])}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: { sort }, replace: true })}
              onEnd={found.more}
              hasMore={found.hasMore}
            />
          )
        }
      </Answer>
    </Page>
  );
}
