import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import { IconUp } from '@/kit/icons';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { slotsOf } from '@/kit/RunSwatch';
import { CancelButton } from './CancelButton';
import { experimentNames, type Run } from './queries';
import { metricColumns } from './metricColumns';
import { runColumns, runHref } from './runColumns';
import { RunFilters } from './RunFilters';
import { readListSearch, type ListSearch } from './search';
import { useRecords } from './useRecords';
import { useRunList } from './useRunList';

const CODE = {
  'Command line': 'studiolo submit job.yml --wait',
  Python:
    'from studiolo import Studio\nfrom studiolo.studio.experiments.schemas import JobSpec\n\nstudio = Studio()\nstudio.experiments.submit(JobSpec(command=["python", "-c", "print(\'hello\')"]))',
  MLflow:
    'eval "$(studiolo env)"   # then, in Python:\n\nimport mlflow\n\nmlflow.set_experiment("first")\nwith mlflow.start_run():\n    mlflow.log_metric("accuracy", 0.91)',
};

const HIDDEN = ['id', 'error'];

/** All runs of the workspace: jobs, trainings and what MLflow clients log. */
export function RunList() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search = useMemo(() => readListSearch(raw), [raw]);
  const navigate = useNavigate();
  const { experiment, kind, state, all } = search;
  const key = JSON.stringify([experiment, kind, state, all]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for the four, which are new arrays at each look
  const filter = useMemo<ListSearch>(() => ({ experiment, kind, state, all }), [key]);
  const { query, rows, fresh, refresh, patch, more } = useRunList(filter);

  const change = (next: Partial<ListSearch>) =>
    void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace: true });
  const slots = useMemo(() => slotsOf(rows.map((run) => run.id)), [rows]);
  const records = useRecords(rows);
  const measured = useMemo(() => metricColumns(records), [records]);
  const columns = useMemo(
    () => runColumns(slots, { experiment: !experiment, measured: measured.columns }),
    [slots, experiment, measured],
  );
  const names = useQuery(experimentNames);
  const kinds = useMemo(() => [...new Set(rows.map((run) => run.kind))], [rows]);
  const selected = search.sel ?? [];
  const chosen = rows.filter((run) => selected.includes(run.id));
  const filtered = Boolean(experiment ?? kind ?? state);

  return (
    <Page
      title={experiment ? `Runs of ${experiment}` : 'Experiments'}
      header={
        <PageHeader
          title={experiment ? `Runs of ${experiment}` : 'Experiments'}
          lead="Every run: jobs of this studio, trainings and their trials, and what MLflow clients log."
          actions={
            <Group gap="sm">
              {chosen.length > 0 ? (
                <CancelButton
                  runs={chosen}
                  onCanceled={(runs: Run[]) => {
                    patch(runs);
                    change({ sel: undefined });
                  }}
                />
              ) : null}
            </Group>
          }
        />
      }
    >
      <Answer query={query}>
        {() =>
          rows.length === 0 && !filtered ? (
            <EmptyState title="No runs yet" code={CODE}>
              A run is one execution with its parameters, metrics, log and files. Submit a job, or point an
              MLflow client at this studio.
            </EmptyState>
          ) : (
            <DataGrid
              label="Runs"
              rows={rows}
              columns={columns}
              rowKey={(run) => run.id}
              href={runHref}
              sort={search.sort}
              onSort={(sort) => change({ sort })}
              hidden={
                search.hide ?? [
                  ...HIDDEN,
                  ...measured.hidden,
                  ...(rows.some((run) => run.progress && !run.ended_at) ? [] : ['progress']),
                ]
              }
              onHidden={(hide) => change({ hide: hide.length > 0 ? hide : ['none'] })}
              selected={selected}
              onSelect={(sel) => change({ sel: sel.length > 0 ? sel : undefined })}
              onEnd={more}
              empty={
                <NoMatch
                  onClear={() => change({ experiment: undefined, kind: undefined, state: undefined })}
                />
              }
              toolbar={
                <>
                  <RunFilters
                    filter={filter}
                    kinds={kinds}
                    experiments={names.data ?? []}
                    onChange={(next) => change({ ...next, sel: undefined })}
                  />
                  {fresh > 0 ? (
                    <Button
                      variant="light"
                      leftSection={<IconUp size={14} aria-hidden />}
                      onClick={() => void refresh()}
                      aria-live="polite"
                    >
                      {count(fresh)} new {fresh === 1 ? 'run' : 'runs'}
                    </Button>
                  ) : null}
                </>
              }
            />
          )
        }
      </Answer>
    </Page>
  );
}
