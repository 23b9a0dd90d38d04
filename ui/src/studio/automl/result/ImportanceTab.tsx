import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { metric } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import { Answer, Section } from '@/kit/Page';
import { importance } from '../queries';
import { Importance } from './Importance';

export function ImportanceTab({ id, running }: { id: string; running: boolean }) {
  const found = useQuery(importance(id, running));
  return (
    <Answer query={found}>
      {(data) =>
        data === null ? (
          <Text size="sm" c="dimmed">
            {running
              ? 'Measured at the end of the run, on the model that is served.'
              : 'The run ended before this was measured.'}
          </Text>
        ) : (
          <Stack gap="xl">
            <Importance data={data} />
            {data.gain.length > 0 ? (
              <Section title="Gain of features, as the models count it">
                <DataGrid
                  label="Gain of features"
                  rows={data.gain}
                  rowKey={(row) => row.feature}
                  columns={[
                    { id: 'feature', header: 'Feature', value: (row) => row.feature, grow: true },
                    {
                      id: 'gain',
                      header: 'Gain',
                      value: (row) => row.gain,
                      cell: (row) => metric(row.gain),
                      align: 'right',
                    },
                  ]}
                  dense
                  maxHeight={360}
                />
              </Section>
            ) : null}
          </Stack>
        )
      }
    </Answer>
  );
}
