import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { IconPlus } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { MonitorGrid } from './MonitorGrid';
import { monitors } from './queries';

export const MONITOR_CODE = {
  Python:
    'studio.datasets.monitors.create(\n    "daily", "sales", "sold_at", baseline="sales:1", frequency="day"\n)',
  'Command line': 'studiolo datasets monitors create daily sales sold_at --baseline sales:1',
};

export function NewMonitor({ dataset }: { dataset?: string }) {
  const follow = useFollow();
  const may = useMay('datasets.write');
  const href = at(['datasets', 'monitors', 'new'], { dataset });
  return (
    <Button
      component="a"
      href={href}
      onClick={(event) => follow(href, event)}
      leftSection={<IconPlus size={16} />}
      data-disabled={!may || undefined}
    >
      Watch for drift
    </Button>
  );
}

/** What a drift monitor is, where there is none. */
export function NoMonitors({ dataset }: { dataset?: string }) {
  return (
    <EmptyState
      title="Nothing is watched for drift"
      action={<NewMonitor {...(dataset ? { dataset } : {})} />}
      code={MONITOR_CODE}
    >
      A monitor compares each new hour, day, week or month of a dataset with a baseline, and tells you once
      when it has moved: which columns, how far, and whether that is more than chance.
    </EmptyState>
  );
}

/** Every drift monitor of the workspace. */
export function MonitorList() {
  const found = useQuery(monitors());
  return (
    <Page title="Drift monitors" header={<PageHeader title="Drift monitors" actions={<NewMonitor />} />}>
      <Answer query={found}>
        {(rows) => (rows.length === 0 ? <NoMonitors /> : <MonitorGrid rows={rows} />)}
      </Answer>
    </Page>
  );
}
