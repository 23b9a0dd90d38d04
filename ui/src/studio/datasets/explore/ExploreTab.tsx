import { Button, SegmentedControl, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { IconChart } from '@/kit/icons';
import { Note } from '@/kit/Note';
import { preview, profile } from '../queries';
import type { DatasetVersion } from '../types';
import { ChartPanel } from './ChartPanel';
import { ExploreTable, type TableState } from './ExploreTable';
import { readFilter, readNames, writeFilter, writeNames } from './look';
import { SqlPanel } from './SqlPanel';
import type { ColumnSummary } from './types';

export interface ExploreSearch {
  filter?: string | undefined;
  order?: string | undefined;
  hide?: string | undefined;
  pin?: string | undefined;
  row?: number | undefined;
  mode?: 'table' | 'sql' | undefined;
  q?: string | undefined;
  chart?: boolean | undefined;
}

interface Props {
  version: DatasetVersion;
  search: ExploreSearch;
  onSearch: (change: Partial<ExploreSearch>) => void;
}

/** The whole of a version: any row, filters, order, charts, SQL. All of it stands in the address. */
export function ExploreTab({ version, search, onSearch }: Props) {
  const ready = version.profile.state === 'ready';
  const profiled = useQuery({ ...profile(version.name, version.version), enabled: ready });
  const known = useMemo(
    () =>
      profiled.data
        ? new Map<string, ColumnSummary>(profiled.data.columns.map((one) => [one.name, one as ColumnSummary]))
        : undefined,
    [profiled.data],
  );
  const columns = useMemo(
    () => version.table.columns.map(({ name, type, stored }) => ({ name, type, stored })),
    [version.table.columns],
  );
  const place = useMemo(
    () => ({ name: version.name, version: version.version }),
    [version.name, version.version],
  );
  const state: TableState = useMemo(
    () => ({
      filter: readFilter(search.filter),
      sort: readNames(search.order),
      hidden: readNames(search.hide),
      pinned: readNames(search.pin),
      row: search.row,
    }),
    [search.filter, search.order, search.hide, search.pin, search.row],
  );
  const change = (next: Partial<TableState>) =>
    onSearch({
      ...('filter' in next ? { filter: writeFilter(next.filter ?? []) } : {}),
      ...('sort' in next ? { order: writeNames(next.sort ?? []) } : {}),
      ...('hidden' in next ? { hide: writeNames(next.hidden ?? []) } : {}),
      ...('pinned' in next ? { pin: writeNames(next.pinned ?? []) } : {}),
      ...('row' in next ? { row: next.row } : {}),
    });
  const kept = useQuery(preview(version.name, version.version, 100));
  const first = useMemo(
    () => ({ columns: kept.data?.columns.map((one) => one.name) ?? [], rows: kept.data?.rows ?? [] }),
    [kept.data],
  );
  const notes = version.table.notes ?? [];
  const modes = (
    <SegmentedControl
      size="xs"
      aria-label="Look at"
      value={search.mode ?? 'table'}
      onChange={(value) => onSearch({ mode: value === 'sql' ? 'sql' : undefined })}
      data={[
        { value: 'table', label: 'Table' },
        { value: 'sql', label: 'SQL' },
      ]}
    />
  );
  if (search.mode === 'sql') {
    return (
      <Stack gap="sm">
        <div>{modes}</div>
        <SqlPanel
          dataset={version.reference}
          name={version.name}
          columns={columns}
          query={search.q}
          onQuery={(q) => onSearch({ q })}
        />
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      {notes.length > 0 ? (
        <Note title="Noticed while reading">
          <ul>
            {notes.slice(0, 8).map((note, index) => (
              <li key={index}>
                {note.message}
                {note.line ? ` (line ${count(note.line)})` : ''}
              </li>
            ))}
          </ul>
        </Note>
      ) : null}
      {search.chart ? <ChartPanel place={place} columns={columns} filter={state.filter} /> : null}
      <ExploreTable
        place={place}
        label={`Rows of ${version.reference}`}
        columns={columns}
        rows={version.rows}
        state={state}
        onState={change}
        known={known}
        knownRows={profiled.data?.rows}
        height="calc(100dvh - 290px)"
        first={first}
        tools={
          <>
            {modes}
            <Button
              size="xs"
              variant={search.chart ? 'light' : 'default'}
              leftSection={<IconChart size={14} />}
              aria-pressed={search.chart ?? false}
              onClick={() => onSearch({ chart: search.chart ? undefined : true })}
            >
              Chart
            </Button>
          </>
        }
      />
    </Stack>
  );
}
