import { count, percent } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import type { Monitor } from './queries';
import { stateOf, windowName } from './words';

const COLUMNS: GridColumn<Monitor>[] = [
  { id: 'name', header: 'Monitor', value: (row) => row.name, width: 180, grow: true },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.state,
    cell: (row) => {
      const state = stateOf(row);
      return <StatusBadge state={row.state} tone={state.tone} label={state.label} title={state.says} />;
    },
    width: 130,
  },
  { id: 'dataset', header: 'Dataset', value: (row) => row.settings.target.dataset, width: 150 },
  {
    id: 'magnitude',
    header: 'Drift magnitude',
    value: (row) => row.last?.magnitude ?? null,
    cell: (row) => percent(row.last?.magnitude ?? null, 0),
    align: 'right',
    width: 130,
  },
  {
    id: 'features',
    header: 'Drifting features',
    value: (row) => row.last?.drifting_features ?? null,
    cell: (row) => count(row.last?.drifting_features ?? null),
    align: 'right',
    width: 130,
  },
  {
    id: 'window',
    header: 'Newest window',
    value: (row) => row.last?.start ?? null,
    cell: (row) =>
      row.last
        ? windowName(row.last.start, row.settings.frequency ?? 'day', row.settings.zone ?? 'UTC')
        : '–',
    width: 140,
  },
  { id: 'frequency', header: 'Each', value: (row) => row.settings.frequency ?? 'day', width: 80 },
  {
    id: 'next',
    header: 'Looks next',
    value: (row) => row.next_at ?? null,
    cell: (row) => (row.enabled ? <Next at={row.next_at} /> : 'Paused'),
    width: 160,
  },
  {
    id: 'changed',
    header: 'Changed',
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
    width: 110,
    optional: true,
  },
];

function Next({ at: moment }: { at: string | null | undefined }) {
  if (!moment) return <>–</>;
  const date = new Date(moment);
  return (
    <time dateTime={moment} title={date.toLocaleString('en-GB')}>
      {date.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  );
}

/** Monitors, those of one dataset or of all. */
export function MonitorGrid({ rows, one }: { rows: Monitor[]; one?: boolean }) {
  return (
    <DataGrid
      label="Drift monitors"
      rows={rows}
      columns={one ? COLUMNS.filter((column) => column.id !== 'dataset') : COLUMNS}
      rowKey={(row) => row.name}
      href={(row) => at(['datasets', 'monitors', row.name])}
      faded={(row) => !row.enabled}
    />
  );
}
