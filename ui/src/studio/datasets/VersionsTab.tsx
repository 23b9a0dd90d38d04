import { bytes, count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Time } from '@/kit/Time';
import type { VersionSummary } from './types';

const COLUMNS: GridColumn<VersionSummary>[] = [
  {
    id: 'version',
    header: 'Version',
    value: (row) => row.version,
    cell: (row) => `Version ${row.version}`,
    width: 120,
  },
  { id: 'rows', header: 'Rows', value: (row) => row.rows, cell: (row) => count(row.rows), align: 'right' },
  { id: 'columns', header: 'Columns', value: (row) => row.columns, align: 'right', width: 100 },
  {
    id: 'size',
    header: 'Size',
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
    align: 'right',
    width: 100,
  },
  {
    id: 'digest',
    header: 'Digest',
    value: (row) => row.digest,
    cell: (row) => <Id value={row.digest} />,
    width: 150,
  },
  {
    id: 'created',
    header: 'Created',
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
    width: 130,
  },
  { id: 'author', header: 'By', value: (row) => row.created_by, grow: true },
];

/** Every version, newest first; each keeps its bytes for ever. */
export function VersionsTab({ items }: { items: VersionSummary[] }) {
  return (
    <DataGrid
      label="Versions"
      rows={items}
      columns={COLUMNS}
      rowKey={(row) => String(row.version)}
      href={(row) => at(['datasets', row.name], { version: row.version })}
    />
  );
}
