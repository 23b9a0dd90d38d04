import { Button, Group, Kbd, Menu, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { bytes, counted, duration } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { apiUrl, workspace } from '@/kernel/workspace';
import { SqlEditor } from '@/kit/code/SqlEditor';
import { ErrorState } from '@/kit/ErrorState';
import { IconChart, IconDownload, IconHistory, IconPlay, IconStop } from '@/kit/icons';
import { list } from '../queries';
import { ChartPanel } from './ChartPanel';
import { ExploreTable, type TableState } from './ExploreTable';
import { pastQueries } from './history';
import { SaveResult } from './SaveResult';
import { useSql } from './useSql';
import type { Column, SqlResult } from './types';
import { usePages } from '@/kernel/pages';
import classes from './explore.module.css';

interface Props {
  /** `name:version` that the bare name means here. */
  dataset: string;
  name: string;
  columns: readonly Column[];
  query: string | undefined;
  onQuery: (query: string | undefined) => void;
}

const PLAIN: TableState = { filter: [], sort: [], hidden: [], pinned: [], row: undefined };
const plain = /^[a-z_][a-z0-9_]*$/i;

/** SQL over this dataset and others; what it answers is a table like any other here. */
export function SqlPanel({ dataset, name, columns, query, onQuery }: Props) {
  const start = `select *\nfrom ${plain.test(name) ? name : `"${name}"`}\nlimit 100`;
  const [text, setText] = useState(query ?? start);
  const { run, stop, seconds } = useSql(dataset);
  const others = usePages(list(undefined));
  const names = useMemo(
    () => ({
      ...Object.fromEntries((others.data ?? []).map((one) => [one.name, []])),
      [name]: columns.map((column) => column.name),
    }),
    [others.data, name, columns],
  );
  const go = () => {
    if (run.isPending || !text.trim()) return;
    onQuery(text === start ? undefined : text);
    run.mutate(text);
  };
  const problem = run.error ? Problem.from(run.error) : undefined;
  const at = problem?.extra.position;
  return (
    <Stack gap="sm">
      <div className={classes.editor}>
        <SqlEditor
          label="SQL"
          value={text}
          onChange={setText}
          onRun={go}
          names={names}
          errorAt={typeof at === 'number' ? at : undefined}
        />
      </div>
      <Group gap="xs">
        {run.isPending ? (
          <Button
            color="red"
            variant="light"
            leftSection={<IconStop size={14} />}
            onClick={() => void stop()}
          >
            Stop
          </Button>
        ) : (
          <Button leftSection={<IconPlay size={14} />} onClick={go} disabled={!text.trim()}>
            Run
          </Button>
        )}
        <Past onPick={setText} />
        <Text size="sm" c="dimmed" aria-live="polite">
          {run.isPending ? (
            `Running for ${duration(seconds)}`
          ) : run.data ? (
            <>
              {counted(run.data.rows, 'row')}
              {run.data.cut ? ' (there are more)' : ''}, {bytes(run.data.size)}, in{' '}
              {duration(run.data.seconds)}
            </>
          ) : (
            <>
              <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> runs it. Datasets are tables by their
              names, a version is quoted: {`"${name}:1"`}. A query cannot change anything.
            </>
          )}
        </Text>
      </Group>
      {problem ? <ErrorState error={problem} inline /> : null}
      {run.data ? <Result key={run.data.id} result={run.data} dataset={dataset} /> : null}
    </Stack>
  );
}

function Past({ onPick }: { onPick: (query: string) => void }) {
  const [past, setPast] = useState<string[]>([]);
  return (
    <Menu position="bottom-start" width={420} onOpen={() => setPast(pastQueries(workspace()))}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconHistory size={14} />}>
          History
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflow: 'auto' }}>
        {past.length === 0 ? <Menu.Label>No query has been run in this browser.</Menu.Label> : null}
        {past.map((query) => (
          <Menu.Item key={query} onClick={() => onPick(query)} title={query}>
            <Text size="xs" ff="monospace" truncate>
              {query.replaceAll(/\s+/g, ' ')}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Result({ result, dataset }: { result: SqlResult; dataset: string }) {
  const [state, setState] = useState<TableState>(PLAIN);
  const [charting, setCharting] = useState(false);
  const columns = useMemo(
    () => result.columns.map((one) => ({ name: one.name, type: one.type, stored: one.sql_type })),
    [result.columns],
  );
  const place = useMemo(() => ({ result: result.id }), [result.id]);
  const change = (next: Partial<TableState>) => setState((old) => ({ ...old, ...next }));
  return (
    <Stack gap="sm">
      {charting ? <ChartPanel place={place} columns={columns} filter={state.filter} /> : null}
      <ExploreTable
        place={place}
        label="Result of the query"
        columns={columns}
        rows={result.rows}
        state={state}
        onState={change}
        height="calc(100dvh - 420px)"
        tools={
          <>
            <Button
              size="xs"
              variant={charting ? 'light' : 'default'}
              leftSection={<IconChart size={14} />}
              aria-pressed={charting}
              onClick={() => setCharting(!charting)}
            >
              Chart
            </Button>
            <Menu position="bottom-start">
              <Menu.Target>
                <Button size="xs" variant="default" leftSection={<IconDownload size={14} />}>
                  Export
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {(['csv', 'parquet', 'arrow'] as const).map((format) => (
                  <Menu.Item
                    key={format}
                    component="a"
                    download
                    href={apiUrl(`/datasets/sql/results/${result.id}/content`, { format })}
                  >
                    {{ csv: 'CSV', parquet: 'Parquet', arrow: 'Arrow' }[format]}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
            <SaveResult query={result.query} dataset={dataset} />
          </>
        }
      />
    </Stack>
  );
}
