import { Group, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { components } from '@/kernel/schema';
import { count } from '@/kernel/format';
import { Bars } from '@/kit/charts/Bars';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { preview } from './queries';
import { windowName } from './words';

type Asked = components['schemas']['PreviewRequest'];

/** How many rows the windows have: before a monitor is made, so that none says only "not enough rows". */
export function RowsPreview({ asked }: { asked: Asked | null }) {
  const key = JSON.stringify(asked);
  const [settled] = useDebouncedValue(key, 400);
  const found = useQuery(preview(JSON.parse(settled) as Asked | null));
  if (!asked) return null;
  const name = (start: string) => windowName(start, asked.frequency ?? 'day', asked.zone ?? 'UTC');
  return (
    <Answer query={found} rows={2} inline>
      {(it) => {
        const rows = it.windows.map((one) => one.rows);
        const first = it.windows[0];
        const last = it.windows.at(-1);
        if (!first || !last) {
          return (
            <Note tone="warning" title="There is no row with a moment">
              <div>Choose another column.</div>
            </Note>
          );
        }
        const middle = [...rows].sort((a, b) => a - b)[Math.floor(rows.length / 2)] ?? 0;
        const said = `${count(it.total)} windows with rows; of the last ${rows.length}, the middle one has ${count(middle)}.`;
        return (
          <div>
            <Bars
              values={rows}
              label={`Rows of the windows ${name(first.start)} to ${name(last.start)}. ${said}`}
              height={44}
            />
            <Group justify="space-between">
              <Text size="xs" c="dimmed">
                {name(first.start)}
              </Text>
              <Text size="xs" c="dimmed">
                {name(last.start)}
              </Text>
            </Group>
            <Text size="sm">
              {said} {count(it.columns.length)} columns can be compared.
            </Text>
            {it.small > it.total / 4 ? (
              <Note
                tone="warning"
                title={`${count(it.small)} of ${count(it.total)} windows have fewer than 50 rows`}
              >
                <div>Those say nothing. Longer windows would.</div>
              </Note>
            ) : null}
          </div>
        );
      }}
    </Answer>
  );
}
