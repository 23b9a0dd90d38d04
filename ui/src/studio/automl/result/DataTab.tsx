import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { count } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer, Section } from '@/kit/Page';
import type { ColumnUse } from '../documents';
import { columns, guardrails } from '../queries';
import { Guardrails } from './Guardrails';

const COLUMNS: GridColumn<ColumnUse>[] = [
  { id: 'name', header: 'Column', value: (row) => row.name, width: 180 },
  { id: 'kind', header: 'Taken as', value: (row) => (row.used ? row.kind : 'left out'), width: 110 },
  { id: 'dtype', header: 'Type', value: (row) => row.dtype, width: 110 },
  {
    id: 'missing',
    header: 'Missing',
    value: (row) => row.missing,
    cell: (row) => count(row.missing),
    align: 'right',
    width: 90,
  },
  {
    id: 'distinct',
    header: 'Distinct',
    value: (row) => row.distinct,
    cell: (row) => count(row.distinct),
    align: 'right',
    width: 90,
  },
  {
    id: 'features',
    header: 'Features',
    value: (row) => (row.features ?? []).length,
    align: 'right',
    width: 90,
  },
  {
    id: 'why',
    header: 'How and why',
    value: (row) => [row.reason, ...(row.steps ?? [])].filter(Boolean).join('; ') || null,
    grow: true,
    width: 320,
  },
];

/** What was checked before training, and how each column became features. */
export function DataTab({ id, running }: { id: string; running: boolean }) {
  const checks = useQuery(guardrails(id, running));
  const used = useQuery(columns(id));
  const waiting = (
    <Text size="sm" c="dimmed">
      {running ? 'Shown as soon as the table is read.' : 'The run ended before the table was read.'}
    </Text>
  );
  return (
    <Stack gap="xl">
      <Section title="Guardrails">
        <Answer query={checks} rows={4}>
          {(items) => (items.length === 0 ? waiting : <Guardrails items={items} />)}
        </Answer>
      </Section>
      <Section title="Columns">
        <Answer query={used}>
          {(found) =>
            found === null ? (
              waiting
            ) : (
              <DataGrid
                label="Columns"
                rows={found.columns}
                columns={COLUMNS}
                rowKey={(row) => row.name}
                dense
                maxHeight={520}
              />
            )
          }
        </Answer>
      </Section>
    </Stack>
  );
}
