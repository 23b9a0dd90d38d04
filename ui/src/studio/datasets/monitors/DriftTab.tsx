import { Group, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Answer } from '@/kit/Page';
import { MonitorGrid } from './MonitorGrid';
import { NewMonitor, NoMonitors } from './MonitorList';
import { monitors } from './queries';

/** The drift monitors of a dataset. */
export function DriftTab({ dataset }: { dataset: string }) {
  const found = useQuery(monitors(dataset));
  return (
    <Answer query={found} rows={3}>
      {(rows) =>
        rows.length === 0 ? (
          <NoMonitors dataset={dataset} />
        ) : (
          <Stack>
            <Group>
              <NewMonitor dataset={dataset} />
            </Group>
            <MonitorGrid rows={rows} one />
          </Stack>
        )
      }
    </Answer>
  );
}
