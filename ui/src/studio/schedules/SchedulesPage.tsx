import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconSearch } from '@/kit/icons';
import { MayLink } from '@/kit/MayLink';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time, Until } from '@/kit/Time';
import { arrives } from './formState';
import { schedules, type Schedule } from './queries';
import { firingState, stateOf } from './words';

const COLUMNS: GridColumn<Schedule>[] = [
  { id: 'name', header: 'Schedule', width: 180, grow: true, value: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: (row) => stateOf(row).label,
    cell: (row) => (
      <StatusBadge state={row.state} {...stateOf(row)} {...(row.trouble ? { title: row.trouble } : {})} />
    ),
  },
  { id: 'says', header: 'When', width: 220, value: (row) => row.says },
  { id: 'zone', header: 'Zone', width: 140, value: (row) => row.zone },
  {
    id: 'next',
    header: 'Next',
    width: 100,
    value: (row) => row.next?.[0] ?? null,
    cell: (row) =>
      row.next?.[0] ? (
        <Until at={row.next[0]} />
      ) : row.enabled && arrives(row.trigger.kind) ? (
        'when it comes'
      ) : (
        '–'
      ),
  },
  {
    id: 'last',
    header: 'Newest run',
    width: 130,
    value: (row) => (row.last ? (row.last.run_state ?? row.last.state) : null),
    cell: (row) => (row.last ? <StatusBadge {...firingState(row.last)} /> : '–'),
  },
  { id: 'what', header: 'Runs', width: 160, value: (row) => `${row.what} ${row.target_name}` },
  { id: 'as', header: 'As', width: 90, value: (row) => row.runs_as },
  {
    id: 'changed',
    header: 'Changed',
    width: 110,
    optional: true,
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
  },
];

const CODE = {
  'Command line': "studiolo schedules create nightly RUN --cron '30 2 * * 1-5' --zone Europe/Berlin",
  Python:
    'studio.schedules.create(\n    "nightly",\n    {"kind": "cron", "expression": "30 2 * * 1-5", "zone": "Europe/Berlin"},\n    run.id,\n)',
  YAML: 'studiolo apply -f schedule.yml',
};

/** When jobs and pipelines run by themselves. */
export function SchedulesPage() {
  const search = useSearch({ from: '/w/$ws/schedules' });
  const navigate = useNavigate({ from: '/w/$ws/schedules' });
  const [typed, setTyped] = useState(search.q ?? '');
  const [name] = useDebouncedValue(typed.trim(), 250);
  const list = usePages(schedules(name || undefined));
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <Page
      title="Schedules"
      header={<PageHeader title="Schedules" lead="When jobs and pipelines run by themselves." />}
    >
      <Answer query={list}>
        {(rows) =>
          rows.length === 0 && !name ? (
            <EmptyState
              title="Nothing runs by itself yet"
              code={CODE}
              action={
                <MayLink permission="pipelines.read" to="see pipelines" href={at(['pipelines'])}>
                  Choose a pipeline
                </MayLink>
              }
            >
              Open a pipeline or job that ran and choose “Schedule this” below “Run again”: its like runs by a
              recurrence or a line of cron in any time zone, for each new version of a dataset, or for files
              that arrive.
            </EmptyState>
          ) : (
            <DataGrid
              label="Schedules"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={(row) => at(['schedules', row.name])}
              sort={search.sort}
              onSort={(sort) => set({ sort })}
              onEnd={list.more}
              summary={`${count(rows.length)}${list.hasMore ? ' or more' : ''} ${rows.length === 1 ? 'schedule' : 'schedules'}`}
              empty={
                <NoMatch
                  onClear={() => {
                    setTyped('');
                    set({ q: undefined });
                  }}
                />
              }
              toolbar={
                <TextInput
                  aria-label="Find a schedule"
                  placeholder="Find a schedule"
                  leftSection={<IconSearch size={14} aria-hidden />}
                  value={typed}
                  onChange={(event) => {
                    setTyped(event.currentTarget.value);
                    set({ q: event.currentTarget.value || undefined });
                  }}
                />
              }
            />
          )
        }
      </Answer>
    </Page>
  );
}
