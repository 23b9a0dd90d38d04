import { Group, SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { count, percent } from '@/kernel/format';
import { Curves } from '@/kit/charts/Curves';
import { EmptyState } from '@/kit/EmptyState';
import { Answer } from '@/kit/Page';
import { useNow } from '@/kit/Time';
import { stats, type Endpoint, type Stats } from './queries';
import { filled, WINDOW_S } from './windows';
import classes from './endpoints.module.css';

const SPANS = [
  { value: '60', label: '1 min' },
  { value: '600', label: '10 min' },
  { value: '3600', label: '1 h' },
];

/** Rate, durations and errors, as they happen. */
export function MetricsTab({ endpoint }: { endpoint: Endpoint }) {
  const search: { over?: number | undefined } = useSearch({ from: '/w/$ws/endpoints/$name' });
  const navigate = useNavigate({ from: '/w/$ws/endpoints/$name' });
  const over = SPANS.some((span) => Number(span.value) === search.over) ? (search.over ?? 60) : 60;
  const query = useQuery(stats(endpoint.name, over));
  return (
    <div className={classes.stack}>
      <Group gap="sm">
        <Text size="sm" id="span-label">
          Figures of the last
        </Text>
        <SegmentedControl
          aria-labelledby="span-label"
          size="xs"
          data={SPANS}
          value={String(over)}
          onChange={(value) =>
            void navigate({
              search: (old) => ({ ...old, over: value === '60' ? undefined : Number(value) }),
              replace: true,
            })
          }
        />
      </Group>
      <Answer query={query}>
        {(it) =>
          it.requests === 0 ? (
            <EmptyState title="No requests yet">
              Send one on the Test tab; rate, latency and errors appear here as they happen.
            </EmptyState>
          ) : (
            <Figures stats={it} name={endpoint.name} />
          )
        }
      </Answer>
    </div>
  );
}

function Figures({ stats: it, name }: { stats: Stats; name: string }) {
  const ms = (value: number | null | undefined) =>
    value == null ? '–' : `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
  const facts: [string, string][] = [
    ['Requests per second', it.rate < 10 ? it.rate.toFixed(2) : it.rate.toFixed(0)],
    ['p50', ms(it.p50)],
    ['p95', ms(it.p95)],
    ['p99', ms(it.p99)],
    ['Requests in all', count(it.requests)],
    ['Rows in that time', count(it.rows)],
    ['Errors in all', `${count(it.errors)} (${percent(it.requests ? it.errors / it.requests : 0)})`],
  ];
  const now = useNow(10_000);
  const curves = useMemo(() => {
    const windows = filled(it.windows, now);
    const x = windows.map((window) => Date.parse(window.at) / 1000);
    const curve = (id: string, of: (window: Stats['windows'][number]) => number | null, slot: number) => ({
      id,
      name: id,
      slot,
      x,
      y: windows.map(of),
    });
    const some = (value: 'p50' | 'p95' | 'p99') => (window: Stats['windows'][number]) =>
      window.requests > 0 ? window[value] : null;
    return {
      rate: [
        curve('requests per second', (window) => window.requests / WINDOW_S, 0),
        curve('errors per second', (window) => window.errors / WINDOW_S, 6),
      ],
      latency: [curve('p50', some('p50'), 0), curve('p95', some('p95'), 1), curve('p99', some('p99'), 3)],
    };
  }, [it.windows, now]);
  return (
    <>
      <dl className={classes.figures} aria-live="off">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Text size="sm" c="dimmed">
        Answers by status:{' '}
        {Object.entries(it.statuses)
          .map(([status, number]) => `${status}: ${count(number)}`)
          .join(', ')}
      </Text>
      <div className={classes.columns}>
        <Curves title="Requests" curves={curves.rate} xName="time" sync={`endpoint-${name}`} />
        <Curves title="Duration [ms]" curves={curves.latency} xName="time" sync={`endpoint-${name}`} />
      </div>
    </>
  );
}
