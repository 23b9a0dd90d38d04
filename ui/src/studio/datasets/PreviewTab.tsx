import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { preview } from './queries';
import type { ColumnSchema, DatasetVersion } from './types';

const STEPS = [100, 1000];
type Row = { index: number; values: unknown[] };

interface Props {
  version: DatasetVersion;
  rows: number | undefined;
  onRows: (rows: number | undefined) => void;
}

function plain(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}

function gridColumns(columns: readonly ColumnSchema[]): GridColumn<Row>[] {
  return [
    { id: '#', header: '#', value: (row) => row.index + 1, align: 'right', width: 56 },
    ...columns.map((column, index): GridColumn<Row> => {
      const number = column.type === 'integer' || column.type === 'number';
      return {
        id: `c${index}`,
        header: column.name,
        sub: column.type,
        value: (row) => plain(row.values[index]),
        width: Math.min(280, Math.max(90, column.name.length * 8 + 48, column.type === 'text' ? 140 : 0)),
        ...(number ? { align: 'right' as const } : {}),
      };
    }),
  ];
}

/** The first rows as they are read, and what was noticed while reading. */
export function PreviewTab({ version, rows, onRows }: Props) {
  const wanted = rows === 1000 ? 1000 : 100;
  const found = useQuery(preview(version.name, version.version, wanted));
  const columns = useMemo(() => gridColumns(found.data?.columns ?? []), [found.data?.columns]);
  const lines = useMemo(
    () => (found.data?.rows ?? []).map((values, index) => ({ index, values })),
    [found.data?.rows],
  );
  const notes = version.table.notes ?? [];
  return (
    <Stack gap="md">
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
      <Answer query={found}>
        {(data) => (
          <DataGrid
            label={`First rows of ${version.name}`}
            rows={lines}
            columns={columns}
            rowKey={(row) => String(row.index)}
            total={data.total_rows}
            dense
            maxHeight="calc(100dvh - 290px)"
            toolbar={
              data.total_rows > 100 ? (
                <>
                  <Text size="sm" c="dimmed">
                    First rows
                  </Text>
                  <SegmentedControl
                    size="xs"
                    aria-label="How many rows"
                    value={String(wanted)}
                    onChange={(value) => onRows(value === '1000' ? 1000 : undefined)}
                    data={STEPS.map((step) => ({ value: String(step), label: count(step) }))}
                  />
                </>
              ) : null
            }
          />
        )}
      </Answer>
    </Stack>
  );
}
