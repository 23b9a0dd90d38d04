import { useMemo } from 'react';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import type { TableHead } from './queries';

interface Row {
  index: number;
  values: readonly unknown[];
}

const NUMBERS = /^(u?int|float|double|halffloat|decimal)/;

/** The first rows of something, with the types that a dataset would get. */
export function HeadGrid({ head, label }: { head: TableHead; label: string }) {
  const columns = useMemo(
    () =>
      head.columns.map((column, at): GridColumn<Row> => ({
        id: `c${at}`,
        header: column.name,
        sub: column.type,
        value: (row) => {
          const value = row.values[at];
          return value === null || value === undefined ? null : (value as string | number | boolean);
        },
        width: column.type.startsWith('timestamp')
          ? 220
          : Math.min(280, Math.max(110, Math.max(column.name.length, column.type.length) * 8 + 40)),
        ...(NUMBERS.test(column.type) ? { align: 'right' as const } : {}),
      })),
    [head.columns],
  );
  const rows = useMemo(() => head.rows.map((values, index) => ({ index, values })), [head.rows]);
  const count = rows.length.toLocaleString('en-US');
  const all = head.total == null ? 'there are more' : `of ${head.total.toLocaleString('en-US')}`;
  return (
    <DataGrid
      label={label}
      listKey={label}
      rows={rows}
      columns={columns}
      rowKey={(row) => String(row.index)}
      dense
      maxHeight="480px"
      summary={
        head.more ? `The first ${count} rows, ${all}` : `${count} ${rows.length === 1 ? 'row' : 'rows'}`
      }
      empty="There are no rows."
    />
  );
}
