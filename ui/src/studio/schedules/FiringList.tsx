import { Text } from '@mantine/core';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { arrives } from './formState';
import { firings, type Firing, type Schedule } from './queries';
import { causeOf, firingState, inZone, ORIGINS } from './words';

const columns = (zone: string, arriving: boolean): GridColumn<Firing>[] => [
  {
    id: 'due',
    header: 'Time',
    sub: zone,
    width: 200,
    value: (row) => row.due,
    cell: (row) => inZone(row.due, zone),
  },
  {
    id: 'state',
    header: 'Came to',
    width: 150,
    value: (row) => row.run_state ?? row.state,
    cell: (row) => <StatusBadge {...firingState(row)} />,
  },
  { id: 'origin', header: 'How', width: 110, value: (row) => ORIGINS[row.origin] },
  ...(arriving
    ? [
        {
          id: 'cause',
          header: 'What came',
          width: 240,
          value: (row: Firing) => causeOf(row) || null,
        },
      ]
    : []),
  { id: 'run', header: 'Run', width: 270, value: (row) => row.run_name || null },
  { id: 'reason', header: 'Why', width: 300, grow: true, value: (row) => row.reason || null },
];

/** The times, versions and files that came, newest first: the run of each, or why there is none. */
export function FiringList({ schedule }: { schedule: Schedule }) {
  const list = usePages(firings(schedule.name));
  const page = schedule.what === 'job' ? ['experiments', 'runs'] : ['pipelines'];
  return (
    <Answer query={list}>
      {(rows) =>
        rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            {arrives(schedule.trigger.kind) ? 'Nothing has arrived yet.' : 'No time has come yet.'}
          </Text>
        ) : (
          <DataGrid
            label="History"
            rows={rows}
            columns={columns(schedule.zone, arrives(schedule.trigger.kind))}
            rowKey={(row) => String(row.id)}
            href={(row) => (row.run_id && row.run_state ? at([...page, row.run_id]) : '')}
            onEnd={list.more}
            maxHeight={420}
          />
        )
      }
    </Answer>
  );
}
