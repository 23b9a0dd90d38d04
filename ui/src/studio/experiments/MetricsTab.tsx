import { Group, SegmentedControl, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { Curves } from '@/kit/charts/Curves';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { IconSearch } from '@/kit/icons';
import { Answer, Section } from '@/kit/Page';
import { bestAxis, curveOf, type Axis } from './curve';
import { MetricTable } from './MetricTable';
import { runHistory, runOverview, SERIES, type Metric, type Run } from './queries';
import type { RunSearch } from './search';
import classes from './experiments.module.css';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch) => void;
}

const POINTS = 1000;

export function MetricsTab({ run, search, change }: Props) {
  const query = useQuery(runOverview(run));
  return (
    <Answer query={query}>
      {({ metrics }) =>
        metrics.length === 0 ? (
          <EmptyState
            title="No metrics"
            code={
              'import mlflow\n\nfor epoch in range(10):\n    mlflow.log_metric("loss", 1 / (epoch + 1), step=epoch)'
            }
          >
            A metric is a number that a run logs, once or at every step; here it becomes a curve.
          </EmptyState>
        ) : (
          <Charts run={run} metrics={metrics} search={search} change={change} />
        )
      }
    </Answer>
  );
}

function Charts({ run, metrics, search, change }: Props & { metrics: readonly Metric[] }) {
  const wanted = (search.q ?? '').toLowerCase();
  const shown = metrics.filter((it) => it.key.toLowerCase().includes(wanted));
  const keys = shown.filter((it) => it.points > 1).map((it) => it.key);
  const single = shown.filter((it) => it.points <= 1);
  const query = useQuery(runHistory(run, keys, POINTS));
  const axis: Axis = search.x ?? bestAxis(query.data ?? []);
  const curves = useMemo(
    () => (query.data ?? []).map((one) => ({ total: one.total, curve: curveOf(one, axis) })),
    [query.data, axis],
  );
  return (
    <div className={classes.stack}>
      <Group gap="lg">
        <TextInput
          aria-label="Filter metrics"
          placeholder="Filter metrics"
          leftSection={<IconSearch size={14} aria-hidden />}
          value={search.q ?? ''}
          onChange={(event) => change({ q: event.currentTarget.value || undefined })}
        />
        <Group gap="sm">
          <Text size="sm" id="axis-label">
            Over
          </Text>
          <SegmentedControl
            aria-labelledby="axis-label"
            size="xs"
            value={axis}
            onChange={(x) => change({ x: x as Axis })}
            data={[
              { value: 'step', label: 'Step' },
              { value: 'time', label: 'Time' },
              { value: 'relative', label: 'Seconds since start' },
            ]}
          />
        </Group>
        <Switch
          label="Logarithmic"
          checked={search.log ?? false}
          onChange={(event) => change({ log: event.currentTarget.checked || undefined })}
        />
      </Group>
      {shown.length === 0 ? (
        <NoMatch hidden={metrics.length} onClear={() => change({ q: undefined })} />
      ) : null}
      {keys.length > SERIES ? (
        <Text size="sm" c="dimmed">
          The first {SERIES} of {count(keys.length)} curves; filter to see others.
        </Text>
      ) : null}
      {keys.length > 0 ? (
        <Answer query={query}>
          {() => (
            <div className={classes.charts}>
              {curves.map(({ curve, total }) => (
                <Curves
                  key={curve.id}
                  title={curve.name}
                  curves={[curve]}
                  xName={axis}
                  sync={`run-${run.id}`}
                  totalPoints={total}
                  logScale={(search.log ?? false) && curve.y.every((y) => y === null || y > 0)}
                />
              ))}
            </div>
          )}
        </Answer>
      ) : null}
      {single.length > 0 ? (
        <Section title="Single values">
          <div className={classes.narrow}>
            <MetricTable metrics={single} />
          </div>
        </Section>
      ) : null}
    </div>
  );
}
