import { Select, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconSearch } from '@/kit/icons';
import { MayLink } from '@/kit/MayLink';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { RunDuration, RunState } from '@/kit/RunState';
import { Shares } from './graph/Node';
import { pipelineRuns, type Counts, type PipelineRun } from './queries';
import type { ListSearch } from './search';
import { FIRST } from './snippets';
import { useListEvents } from './useEvents';
import { countsOf, doneOf } from './words';
import classes from './list.module.css';

const STATES = ['Queued', 'Running', 'Completed', 'Failed', 'Canceled'];

/** Steps by state as shares of a line, and how many are done. */
function Progress({ counts }: { counts: Counts }) {
  const {
    completed = 0,
    reused = 0,
    running = 0,
    failed = 0,
    waiting = 0,
    skipped = 0,
    canceled = 0,
  } = counts;
  return (
    <span className={classes.progress} title={countsOf(counts)}>
      <span>
        {count(doneOf(counts))} of {count(counts.total)}
      </span>
      <Shares
        tally={{
          completed: completed + reused,
          running,
          failed,
          canceled: skipped + canceled,
          queued: waiting,
        }}
      />
    </span>
  );
}

const COLUMNS: GridColumn<PipelineRun>[] = [
  { id: 'name', header: 'Pipeline', width: 220, grow: true, value: (row) => row.run.name },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: (row) => row.run.state,
    cell: (row) => <RunState run={row.run} />,
  },
  {
    id: 'steps',
    header: 'Steps done',
    width: 150,
    value: (row) => doneOf(row.counts),
    cell: (row) => <Progress counts={row.counts} />,
  },
  {
    id: 'reused',
    header: 'Reused',
    width: 84,
    align: 'right',
    value: (row) => row.counts.reused ?? 0,
    cell: (row) => count(row.counts.reused ?? 0),
  },
  {
    id: 'duration',
    header: 'Duration',
    width: 110,
    align: 'right',
    value: (row) => row.seconds ?? null,
    cell: (row) => <RunDuration run={row.run} />,
  },
  {
    id: 'cost',
    header: 'Cost',
    width: 84,
    align: 'right',
    value: (row) => row.cost ?? null,
    cell: (row) => (row.cost ? row.cost.toFixed(4) : '–'),
  },
  { id: 'experiment', header: 'Experiment', width: 130, optional: true, value: (row) => row.run.experiment },
  { id: 'user', header: 'User', width: 100, value: (row) => row.run.user },
  {
    id: 'created',
    header: 'Submitted',
    width: 110,
    value: (row) => row.run.created_at,
    cell: (row) => <Time at={row.run.created_at} />,
  },
  {
    id: 'error',
    header: 'Error',
    width: 260,
    optional: true,
    value: (row) => row.run.error ?? null,
  },
];

interface Props {
  search: ListSearch;
  change: (next: ListSearch) => void;
}

/** Runs of pipelines, newest first, as they go. */
export function RunList({ search, change }: Props) {
  const [typed, setTyped] = useState(search.q ?? '');
  const [name] = useDebouncedValue(typed.trim(), 250);
  useListEvents('runs');
  const list = usePages(pipelineRuns({ state: search.state, name: name || undefined }));
  const plain = !search.state && !name;
  // what is not here yet cannot be sorted here: the order of a long list stays the server's, newest first
  const priced = (list.data ?? []).some((row) => row.cost != null); // a studio without prices has no such column
  const columns = useMemo(
    () =>
      COLUMNS.filter((one) => one.id !== 'cost' || priced).map((one) => ({
        ...one,
        sortable: !list.hasMore,
      })),
    [list.hasMore, priced],
  );
  return (
    <Answer query={list}>
      {(rows) =>
        rows.length === 0 && plain ? (
          <EmptyState
            title="No pipeline was run yet"
            code={FIRST}
            action={
              <MayLink
                permission="pipelines.write"
                to="submit pipelines"
                href={at(['pipelines', 'submit'], { example: true })}
              >
                Try this one
              </MayLink>
            }
          >
            A pipeline is a graph of steps, written in YAML or Python. Each step is a job of its own; what it
            makes is kept and used again when nothing it depends on changed.
          </EmptyState>
        ) : (
          <DataGrid
            label="Runs of pipelines"
            rows={rows}
            columns={columns}
            rowKey={(row) => row.run.id}
            href={(row) => at(['pipelines', row.run.id])}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
            onEnd={list.more}
            hasMore={list.hasMore}
            selected={search.sel ?? []}
            onSelect={(sel) => change({ sel: sel.length > 0 ? sel.slice(-2) : undefined })}
            summary={
              list.hasMore
                ? `${count(rows.length)} or more runs, newest first; they can be sorted when all are here`
                : `${count(rows.length)} ${rows.length === 1 ? 'run' : 'runs'}`
            }
            empty={
              <NoMatch
                onClear={() => {
                  setTyped('');
                  change({ q: undefined, state: undefined });
                }}
              />
            }
            toolbar={
              <>
                <TextInput
                  aria-label="Find a pipeline"
                  placeholder="Find a pipeline"
                  leftSection={<IconSearch size={14} aria-hidden />}
                  value={typed}
                  onChange={(event) => {
                    setTyped(event.currentTarget.value);
                    change({ q: event.currentTarget.value || undefined });
                  }}
                />
                <Select
                  aria-label="State"
                  placeholder="Any state"
                  data={STATES}
                  value={search.state?.[0] ?? null}
                  onChange={(state) => change({ state: state ? [state] : undefined })}
                  clearable
                  w={150}
                />
                {search.sel?.length === 1 ? (
                  <Text size="sm" c="dimmed">
                    Tick another run to compare the two.
                  </Text>
                ) : null}
              </>
            }
          />
        )
      }
    </Answer>
  );
}
