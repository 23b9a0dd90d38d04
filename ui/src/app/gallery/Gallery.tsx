import { Button, Group, SimpleGrid, Stack } from '@mantine/core';
import { useCallback, useMemo, useState } from 'react';
import { duration } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { Chart } from '@/kit/charts/Chart';
import { Curves } from '@/kit/charts/Curves';
import { axis, NAMED } from '@/kit/charts/style';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { ConfirmByName, withUndo } from '@/kit/ConfirmUndo';
import { Id } from '@/kit/CopyButton';
import { EmptyState } from '@/kit/EmptyState';
import { ErrorState } from '@/kit/ErrorState';
import { DataGrid } from '@/kit/grid/DataGrid';
import { KeyValue } from '@/kit/KeyValue';
import { LogView } from '@/kit/log/LogView';
import { MetricCell } from '@/kit/MetricCell';
import { Page, PageHeader, Section } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { StatusBadge } from '@/kit/StatusBadge';
import type { Palette } from '@/theme';
import { SchemeSwitch } from '../SchemeSwitch';
import { COLUMNS, noise, SAMPLES } from './samples';

const STATES = ['Queued', 'Running', 'Completed', 'Failed', 'Canceled', 'warning'];
const LOG = Array.from({ length: 5000 }, (_, index) => `epoch ${index} loss ${(1 / (index + 1)).toFixed(5)}`);
const RETRY = () => undefined;

/** Every primitive on one page, in development only; the screenshot test walks it in both themes. */
export function Gallery() {
  const [selected, setSelected] = useState<string[]>([]);
  const [confirming, setConfirming] = useState(false);
  const columns = useMemo(
    () =>
      COLUMNS.map((column) => {
        if (column.id === 'state')
          return { ...column, cell: (row: { state: string }) => <StatusBadge state={row.state} /> };
        if (column.id === 'auc')
          return {
            ...column,
            cell: (row: { auc: number }) => <MetricCell value={row.auc} best={row.auc > 0.949} />,
          };
        if (column.id === 'seconds')
          return { ...column, cell: (row: { seconds: number }) => duration(row.seconds) };
        return column;
      }),
    [],
  );
  const curves = useMemo(
    () =>
      ['train', 'valid'].map((name, which) => ({
        id: name,
        name,
        x: Array.from({ length: 200 }, (_, i) => i),
        y: Array.from({ length: 200 }, (_, i) => Math.exp(-i / 40) + 0.05 * noise(i + which) + which * 0.1),
      })),
    [],
  );
  const bars = useMemo(() => Array.from({ length: 12 }, (_, i) => Math.round(100 * noise(i))), []);
  const option = useCallback(
    (p: Palette) => ({
      grid: NAMED,
      xAxis: axis(p, 'bin', { type: 'category', data: bars.map((_, i) => String(i)) }),
      yAxis: axis(p, 'rows', { type: 'value' }),
      series: [{ type: 'bar' as const, data: bars, name: 'rows' }],
    }),
    [bars],
  );

  return (
    <main>
      <Page
        title="Gallery"
        header={
          <PageHeader
            title="Gallery"
            facts={<StatusBadge state="Running" />}
            lead="Every primitive of the kit."
            actions={<SchemeSwitch />}
          />
        }
      >
        <Group>
          {STATES.map((state) => (
            <StatusBadge key={state} state={state} />
          ))}
        </Group>
        <Section title="Table">
          <DataGrid
            label="Samples"
            rows={SAMPLES}
            columns={columns}
            rowKey={(row) => row.id}
            href={(row) => `/__gallery?row=${row.id}`}
            selected={selected}
            onSelect={setSelected}
            maxHeight={320}
          />
        </Section>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Chart
            title="Histogram"
            summary="12 bins, n = 621."
            table={{ columns: ['bin', 'rows'], rows: bars.map((b, i) => [i, b]) }}
            option={option}
          />
          <Curves title="Loss" curves={curves} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Stack>
            <KeyValue
              items={[
                ['Rows', '48,842'],
                ['Id', <Id key="id" value="0198c0de00007000800000000000abcd" />],
                ['Nothing', null],
              ]}
            />
            <ProgressBar done={420} total={1000} label="Hashing" />
            <ProgressBar done={0} label="Starting" startedAt={null} />
            <CodeSnippet
              code={{
                Python: 'studio.datasets.create("a.csv")',
                'Command line': 'studiolo datasets create a.csv',
              }}
            />
            <Group>
              <Button onClick={() => withUndo('Removed', () => Promise.resolve(), RETRY)}>
                Remove with undo
              </Button>
              <Button color="red" onClick={() => setConfirming(true)}>
                Delete
              </Button>
              <Button variant="default">Second</Button>
            </Group>
          </Stack>
          <Stack>
            <ErrorState
              inline
              error={
                new Problem(
                  {
                    title: 'Path not found',
                    detail: '1 of the paths does not exist: a.csv.',
                    hint: 'List what is there: studiolo datastores ls',
                    code: 'datasets.path_not_found',
                  },
                  422,
                )
              }
              onRetry={RETRY}
            />
            <EmptyState
              title="No datasets yet"
              code="studio.datasets.create('a.csv')"
              action={<Button>Use sample data</Button>}
            >
              A dataset is a table the studio keeps, version by version.
            </EmptyState>
          </Stack>
        </SimpleGrid>
        <Section title="Log">
          <LogView lines={LOG} state="following" height={240} />
        </Section>
      </Page>
      <ConfirmByName
        opened={confirming}
        onClose={() => setConfirming(false)}
        name="titanic"
        verb="Delete"
        loss="All versions are removed for good."
        onConfirm={() => Promise.resolve()}
      />
    </main>
  );
}
