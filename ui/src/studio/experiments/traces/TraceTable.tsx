import { Button, Group, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { withUndo } from '@/kit/ConfirmUndo';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconSearch } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { shown } from './tree';
import { deleteTraces, traces, type TraceSummary, type Wanted } from './queries';
import { State, tookWhole } from './words';

const CODE = {
  Python:
    'import mlflow\n\nmlflow.set_experiment("assistant")\n\n@mlflow.trace\ndef answer(question):\n    return call_model(question)',
  OpenTelemetry:
    'OTLPSpanExporter(\n    endpoint="<this studio>/v1/traces",\n    headers={"Authorization": "Bearer <token>", "x-mlflow-experiment-id": "1"},\n)',
};

const COLUMNS: GridColumn<TraceSummary>[] = [
  {
    id: 'state',
    header: 'State',
    width: 110,
    value: (row) => row.state,
    cell: (row) => <State state={row.state} />,
  },
  { id: 'name', header: 'Name', width: 150, grow: true, value: (row) => row.name || row.id },
  { id: 'request', header: 'Request', width: 170, sortable: false, value: (row) => row.request },
  { id: 'response', header: 'Response', width: 170, sortable: false, value: (row) => row.response },
  {
    id: 'duration',
    header: 'Duration',
    align: 'right',
    width: 100,
    value: (row) => row.duration_ms,
    cell: (row) => tookWhole(row.duration_ms),
  },
  {
    id: 'tokens',
    header: 'Tokens',
    align: 'right',
    width: 90,
    value: (row) => row.total_tokens,
    cell: (row) => count(row.total_tokens),
  },
  {
    id: 'said',
    header: 'Assessments',
    width: 130,
    sortable: false,
    value: (row) =>
      row.assessments
        .filter((one) => one.valid)
        .map((one) => `${one.name}: ${one.error ?? shown(one.value)}`)
        .join(', ') || null,
  },
  {
    id: 'tags',
    header: 'Tags',
    width: 180,
    sortable: false,
    optional: true,
    value: (row) =>
      Object.entries(row.tags)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || null,
  },
  {
    id: 'spans',
    header: 'Spans',
    align: 'right',
    width: 80,
    sortable: false,
    optional: true,
    value: (row) => row.spans,
  },
  {
    id: 'started',
    header: 'Started',
    width: 105,
    value: (row) => row.started_at,
    cell: (row) => <Time at={row.started_at} />,
  },
];

interface Props {
  wanted: Wanted;
  onChange: (change: Partial<Wanted>) => void;
}

/** Traces of an experiment, a run or the workspace: searched and ordered by the server. */
export function TraceTable({ wanted, onChange }: Props) {
  const found = usePages(traces(wanted));
  const may = useMay('experiments.write');
  const cache = useQueryClient();
  const [picked, setPicked] = useState<string[]>([]);
  const [gone, setGone] = useState<readonly string[]>([]); // off the screen while it can be undone
  const remove = () => {
    const ids = picked;
    setPicked([]);
    setGone((old) => [...old, ...ids]);
    const back = () => setGone((old) => old.filter((id) => !ids.includes(id)));
    withUndo(
      `${count(ids.length)} ${ids.length === 1 ? 'trace' : 'traces'} deleted`,
      async () => {
        await deleteTraces(ids);
        await cache.invalidateQueries({ queryKey: ['experiments', 'traces'] });
        back();
      },
      back,
    );
  };
  const narrowed = Boolean(wanted.q || wanted.filter || wanted.experiment);
  return (
    <Answer query={found}>
      {(all) => {
        const rows = gone.length > 0 ? all.filter((row) => !gone.includes(row.id)) : all;
        return rows.length === 0 && !narrowed ? (
          <EmptyState title="No traces yet" code={CODE}>
            A trace is one request to a model or an agent, step by step: what went in and out, how long it
            took, what it cost, and what people said of it.
          </EmptyState>
        ) : (
          <DataGrid
            label="Traces"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.id}
            href={(row) => at(['experiments', 'traces', row.id])}
            sort={wanted.sort ?? '-started'}
            onSort={(sort) => onChange({ sort })}
            sortedByServer
            onEnd={found.more}
            empty={
              <NoMatch onClear={() => onChange({ q: undefined, filter: undefined, experiment: undefined })} />
            }
            {...(may ? { selected: picked, onSelect: setPicked } : {})}
            toolbar={
              picked.length > 0 ? (
                <Group gap="sm" role="region" aria-label="Chosen traces">
                  <Text size="sm" aria-live="polite">
                    {count(picked.length)} chosen
                  </Text>
                  <Button size="compact-sm" variant="default" onClick={remove}>
                    Delete
                  </Button>
                  <Button size="compact-sm" variant="subtle" onClick={() => setPicked([])}>
                    Clear
                  </Button>
                </Group>
              ) : (
                <Search wanted={wanted} problem={found.error} onChange={onChange} />
              )
            }
          />
        );
      }}
    </Answer>
  );
}

/** Words, and MLflow's filter for those who want more. */
function Search({ wanted, problem, onChange }: Props & { problem: unknown }) {
  const [words, setWords] = useState(wanted.q ?? '');
  const [filter, setFilter] = useState(wanted.filter ?? '');
  const later = useDebouncedCallback((change: Partial<Wanted>) => onChange(change), 250);
  return (
    <Group gap="sm" align="flex-start">
      <TextInput
        aria-label="Words in name, request or response"
        placeholder="Name, request or response"
        leftSection={<IconSearch size={14} aria-hidden />}
        size="xs"
        w={220}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value);
          later({ q: event.currentTarget.value.trim() || undefined });
        }}
      />
      <TextInput
        aria-label="Filter in MLflow’s words"
        placeholder="status = 'ERROR' AND tags.team = 'blue'"
        size="xs"
        w={320}
        error={wanted.filter && problem instanceof Error ? problem.message : null}
        value={filter}
        onChange={(event) => setFilter(event.currentTarget.value)}
        onBlur={() => filter !== (wanted.filter ?? '') && onChange({ filter: filter.trim() || undefined })}
        onKeyDown={(event) => event.key === 'Enter' && onChange({ filter: filter.trim() || undefined })}
      />
    </Group>
  );
}
