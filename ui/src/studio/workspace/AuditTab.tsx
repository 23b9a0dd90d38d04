import { usePages } from '@/kernel/pages';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { audit, type AuditEntry } from './queries';

const COLUMNS: GridColumn<AuditEntry>[] = [
  {
    id: 'at',
    header: 'When',
    width: 130,
    sortable: false,
    value: (row) => row.at,
    cell: (row) => <Time at={row.at} />,
  },
  { id: 'actor', header: 'Who', width: 140, sortable: false, value: (row) => row.actor },
  { id: 'action', header: 'What', width: 180, sortable: false, value: (row) => row.action },
  { id: 'subject', header: 'To which', width: 280, sortable: false, grow: true, value: (row) => row.subject },
  {
    id: 'detail',
    header: 'Detail',
    width: 320,
    sortable: false,
    value: (row) => (Object.keys(row.detail).length > 0 ? JSON.stringify(row.detail) : null),
  },
];

/** Who did what, newest first. */
export function AuditTab() {
  const found = usePages(audit);
  return (
    <Answer query={found}>
      {(rows) => (
        <DataGrid
          label="Audit trail"
          rows={rows}
          columns={COLUMNS}
          rowKey={(row) => row.id}
          onEnd={found.more}
          sortedByServer
          dense
          maxHeight="calc(100dvh - 280px)"
          empty="Nothing was done yet."
        />
      )}
    </Answer>
  );
}
