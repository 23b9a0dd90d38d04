import { Text } from '@mantine/core';
import { usePages } from '@/kernel/pages';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { checks, type Check } from './queries';
import { checkState } from './words';

const COLUMNS: GridColumn<Check>[] = [
  {
    id: 'at',
    header: 'Checked',
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
    width: 130,
  },
  { id: 'version', header: 'Version', value: (row) => row.version, align: 'right', width: 90 },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.state,
    cell: (row) => <StatusBadge state={row.state} {...checkState(row)} />,
    width: 120,
  },
  {
    id: 'broken',
    header: 'Broken rules',
    value: (row) => row.broken ?? 0,
    cell: (row) => `${row.broken ?? 0} of ${row.rules}`,
    align: 'right',
    width: 120,
  },
  {
    id: 'failed',
    header: 'Which',
    value: (row) => row.error || row.failed?.join('; ') || null,
    width: 260,
    grow: true,
  },
  { id: 'origin', header: 'Because of', value: (row) => row.origin, width: 120 },
];

interface Props {
  dataset: string;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
}

/** Every check of the dataset, newest first. */
export function CheckHistory({ dataset, chosen, onChoose }: Props) {
  const found = usePages(checks(dataset));
  return (
    <Section title="Checks">
      <Answer query={found} rows={3} inline>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was checked yet.
            </Text>
          ) : (
            <DataGrid
              label="Checks"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.id}
              onOpen={(row) => onChoose(row.id)}
              highlight={(row) => row.id === chosen}
              onEnd={found.more}
              hasMore={found.hasMore}
              dense
              maxHeight={260}
            />
          )
        }
      </Answer>
    </Section>
  );
}
