import { useQuery } from '@tanstack/react-query';
import { bytes, shortId } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { versions, type ModelVersion } from './queries';

const COLUMNS: GridColumn<ModelVersion>[] = [
  { id: 'version', header: 'Version', width: 90, value: (row) => row.version },
  { id: 'aliases', header: 'Aliases', width: 140, value: (row) => (row.aliases ?? []).join(', ') || null },
  {
    id: 'description',
    header: 'Description',
    width: 260,
    grow: true,
    value: (row) => row.description || null,
  },
  { id: 'flavors', header: 'Flavors', width: 160, value: (row) => (row.flavors ?? []).join(', ') || null },
  {
    id: 'run',
    header: 'Run',
    width: 130,
    value: (row) => row.run_id ?? null,
    cell: (row) =>
      row.run_id ? (
        <Link href={at(['experiments', 'runs', row.run_id])}>run {shortId(row.run_id)}</Link>
      ) : (
        '–'
      ),
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 100,
    value: (row) => row.size ?? null,
    cell: (row) => bytes(row.size),
  },
  {
    id: 'created',
    header: 'Registered',
    width: 120,
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
  },
  { id: 'user', header: 'By', width: 110, value: (row) => row.user || null },
];

export function VersionsTab({ name, current }: { name: string; current: number }) {
  const query = useQuery(versions(name));
  return (
    <Answer query={query}>
      {(rows) => (
        <DataGrid
          label="Versions"
          rows={rows}
          columns={COLUMNS}
          rowKey={(row) => String(row.version)}
          href={(row) => at(['models', name], { version: row.version })}
          highlight={(row) => row.version === current}
          maxHeight="calc(100dvh - 320px)"
        />
      )}
    </Answer>
  );
}
