import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { bytes, count, counted, duration, glance } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Note } from '@/kit/Note';
import type { Inspection } from './inspection';
import { describe } from './preview';

/** What a value of a type needs. */
const WIDTHS: Record<string, number> = { date: 120, datetime: 200, text: 160, json: 220 };

type Row = { index: number; values: unknown[] };

function plain(value: unknown): string | number | boolean | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : (value as string | number | boolean);
}

function shown(value: unknown) {
  return typeof value === 'number' ? (
    <span title={String(value)}>{glance(value)}</span>
  ) : (
    (plain(value) ?? '–')
  );
}

/** The first rows as they would be read, and what would be lost or was noticed. */
export function PreviewTable({ found, stale }: { found: Inspection; stale: boolean }) {
  const { preview, losses, problems } = found;
  const columns = useMemo(
    () =>
      preview.columns.map((column, at): GridColumn<Row> => ({
        id: `c${at}`,
        header: column.name,
        sub: column.type,
        value: (row) => plain(row.values[at]),
        width: Math.min(260, Math.max(WIDTHS[column.type] ?? 110, column.name.length * 8 + 40)),
        sortable: false,
        ...(['integer', 'number', 'decimal'].includes(column.type) ? { align: 'right' as const } : {}),
        ...(column.type === 'number' ? { cell: (row: Row) => shown(row.values[at]) } : {}),
      })),
    [preview.columns],
  );
  const rows = useMemo(() => preview.rows.map((values, index) => ({ index, values })), [preview.rows]);
  return (
    <>
      {losses.length > 0 ? (
        <Note tone="warning" title="Some values do not fit">
          <ul>
            {losses.slice(0, 6).map((loss) => (
              <li key={loss.column}>{describe(loss)}</li>
            ))}
          </ul>
        </Note>
      ) : null}
      {problems.length > 0 ? (
        <Note title="Noticed while reading">
          <ul>
            {problems.slice(0, 6).map((problem, index) => (
              <li key={index}>
                {problem.message}
                {problem.line ? ` (line ${count(problem.line)})` : ''}
              </li>
            ))}
          </ul>
        </Note>
      ) : null}
      <div aria-busy={stale} style={{ opacity: stale ? 0.6 : 1 }}>
        <DataGrid
          label="First rows"
          rows={rows}
          columns={columns}
          rowKey={(row) => String(row.index)}
          dense
          maxHeight="360px"
          summary={`${found.rows === null ? '' : `${found.exact ? '' : 'about '}${counted(found.rows, 'row')} · `}${counted(found.columns.filter((one) => one.include).length, 'column')}`}
          empty="There are no rows."
        />
      </div>
      <Text size="xs" c="dimmed" role="status">
        {count(found.file_count)} {found.file_count === 1 ? 'file' : 'files'}, {bytes(found.size)}; looked at{' '}
        {bytes(found.bytes_read)} in {duration(found.seconds)}.
      </Text>
    </>
  );
}
