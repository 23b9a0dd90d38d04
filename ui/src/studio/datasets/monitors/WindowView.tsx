import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count, percent } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { at } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import { FeatureDrawer } from './FeatureDrawer';
import { FeatureTable } from './FeatureTable';
import { comparison, type Comparison, type Monitor, type WindowResult } from './queries';
import { rank, spoken, windowName } from './words';

interface Props {
  monitor: Monitor;
  window: WindowResult;
  feature: string | undefined;
  sort: string | undefined;
  onSearch: (change: { feature?: string | undefined; sort?: string | undefined }) => void;
}

/** One window beside the baseline: what moved, how far, and whether it is more than chance. */
export function WindowView({ monitor, window, feature, sort, onSearch }: Props) {
  const found = useQuery(comparison(monitor.name, window));
  const name = windowName(window.start, monitor.settings.frequency ?? 'day', monitor.settings.zone ?? 'UTC');
  const log = window.run_id ? (
    <Link href={at(['experiments', 'runs', window.run_id], { tab: 'log' })}>Log of its job</Link>
  ) : null;
  if (window.state === 'running') {
    return (
      <Section title={`Window ${name}`} actions={log}>
        <Text size="sm">The window is being compared. Its result appears here by itself.</Text>
      </Section>
    );
  }
  if (window.state === 'failed' || window.state === 'canceled') {
    return (
      <Section title={`Window ${name}`} actions={log}>
        <ErrorState
          inline
          error={
            new Problem(
              {
                code: 'datasets.window_failed',
                title: window.state === 'failed' ? 'The window could not be compared' : 'It was canceled',
                detail: window.error ?? '',
                hint: 'Run the window again; the log of its job says more.',
              },
              500,
            )
          }
        />
      </Section>
    );
  }
  return (
    <Section title={`Window ${name}`} actions={log}>
      <Answer query={found}>
        {(it) => (
          <Compared
            monitor={monitor}
            it={it}
            window={window}
            feature={feature}
            sort={sort}
            onSearch={onSearch}
          />
        )}
      </Answer>
    </Section>
  );
}

function Compared({ monitor, it, window, feature, sort, onSearch }: Props & { it: Comparison }) {
  const ranked = useMemo(() => [...(it.features ?? [])].sort(rank), [it.features]);
  const place = ranked.findIndex((one) => one.name === feature);
  const left = Object.entries(it.left_out ?? {});
  const step = (by: number) => {
    const next = ranked[place + by];
    if (next) onSearch({ feature: next.name });
  };
  return (
    <Stack>
      {it.enough ? (
        <Note
          tone={it.drifting ? 'warning' : 'good'}
          title={it.drifting ? `It drifts: ${it.why}` : 'It is like the baseline'}
        >
          <div>
            {count(it.all_rows)} rows
            {it.all_rows > it.rows ? ` (${count(it.rows)} looked at)` : ''} beside {count(it.baseline_rows)}{' '}
            of the baseline. {it.magnitude ? magnitudeWords(it) : ''}
            {it.drifting && ranked[0] ? ` ${spoken(ranked[0])}` : ''}
          </div>
        </Note>
      ) : (
        <Note tone="info" title="Not enough rows to say anything">
          <div>
            The window has {count(it.all_rows)} rows; 50 are needed on each side. Choose longer windows, or
            wait for rows that come late.
          </div>
        </Note>
      )}
      {ranked.length > 0 ? (
        <FeatureTable
          features={ranked}
          sort={sort}
          onSort={(next) => onSearch({ sort: next === '-psi' ? undefined : next })}
          onOpen={(name) => onSearch({ feature: name })}
        />
      ) : null}
      {left.length > 0 ? (
        <details>
          <summary>
            {count(left.length)} {left.length === 1 ? 'column is' : 'columns are'} not compared
          </summary>
          <ul>
            {left.map(([name, why]) => (
              <li key={name}>
                {name}: {why}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      {window.settings !== monitor.settings_version ? (
        <Text size="sm" c="dimmed">
          Judged by version {window.settings} of the settings; they are at version {monitor.settings_version}{' '}
          now.
        </Text>
      ) : null}
      <FeatureDrawer
        monitor={monitor}
        feature={ranked[place]}
        onClose={() => onSearch({ feature: undefined })}
        onStep={step}
      />
    </Stack>
  );
}

function magnitudeWords(it: Comparison): string {
  const size = it.magnitude;
  if (!size) return '';
  return `A model tells the two apart by ${percent(size.value, 0)} (0% is not at all; chance alone makes up to ${percent(size.floor, 0)}).`;
}
