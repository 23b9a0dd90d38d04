import { ActionIcon, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { IconChevronDown, IconPin, IconPinFilled, IconRight } from '@/kit/icons';
import { Answer, Section } from '@/kit/Page';
import { MetricTable } from '../MetricTable';
import { runOverview, whileRunning, type Metric, type Run } from '../queries';
import type { RunSearch } from './search';
import { ChartControls, type ChartState } from './ChartControls';
import { groupsOf, readRange, SYSTEM, writeRange } from './metricGroups';
import { MetricCurves, type CurveRun } from './MetricCurves';
import { rememberedPins, rememberPins } from './pins';
import classes from './run.module.css';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch) => void;
  /** Those that MLflow's sampler of the machine logs, or all others. */
  system?: boolean;
}

export function MetricsTab(props: Props) {
  const query = useQuery(runOverview(props.run));
  return (
    <Answer query={query}>
      {({ metrics }) => {
        const own = metrics.filter((it) => it.key.startsWith(SYSTEM) === (props.system ?? false));
        return own.length > 0 ? (
          <Charts {...props} metrics={own} />
        ) : (
          <Nothing system={props.system ?? false} />
        );
      }}
    </Answer>
  );
}

function Nothing({ system }: { system: boolean }) {
  return system ? (
    <EmptyState
      title="No system metrics"
      code={'import mlflow\n\nmlflow.enable_system_metrics_logging()   # before start_run; needs psutil'}
    >
      MLflow&apos;s client can log processor, memory, disk, network and GPU of the machine while a run goes
      on.
    </EmptyState>
  ) : (
    <EmptyState
      title="No metrics"
      code={
        'import mlflow\n\nfor epoch in range(10):\n    mlflow.log_metric("loss", 1 / (epoch + 1), step=epoch)'
      }
    >
      A metric is a number that a run logs, once or at every step; here it becomes a curve.
    </EmptyState>
  );
}

/** All points at step 0 say nothing over steps; then time is the better axis. */
export function bestAxis(metrics: readonly Metric[]): 'step' | 'relative' {
  const many = metrics.filter((it) => it.points > 1);
  return many.length > 0 && many.every((it) => it.step === 0) ? 'relative' : 'step';
}

function Charts({ run, search, change, metrics }: Props & { metrics: readonly Metric[] }) {
  const [remembered, setRemembered] = useState(rememberedPins);
  const pins = search.pin ?? remembered;
  const wanted = (search.q ?? '').toLowerCase();
  const shown = metrics.filter((it) => it.key.toLowerCase().includes(wanted));
  const single = shown.filter((it) => it.points <= 1);
  const keys = shown.filter((it) => it.points > 1).map((it) => it.key);
  const pinned = pins.filter((key) => keys.includes(key));
  const groups = groupsOf(keys.filter((key) => !pinned.includes(key)));
  const folded = search.fold ?? [];
  const state: ChartState = {
    axis: search.x ?? bestAxis(metrics),
    log: search.log ?? false,
    smooth: search.smooth ?? 0,
    range: readRange(search.zoom),
  };
  const onState = (next: Partial<ChartState>) =>
    change({
      ...('axis' in next ? { x: next.axis } : {}),
      ...('log' in next ? { log: next.log || undefined } : {}),
      ...('smooth' in next ? { smooth: next.smooth || undefined } : {}),
      ...('range' in next ? { zoom: writeRange(next.range ?? null) } : {}),
    });
  const pin = (key: string) => {
    const next = pins.includes(key) ? pins.filter((it) => it !== key) : [...pins, key];
    rememberPins(next);
    setRemembered(next);
    change({ pin: next.length > 0 ? next : undefined });
  };
  const fold = (name: string) =>
    change({ fold: folded.includes(name) ? folded.filter((it) => it !== name) : [...folded, name] });
  const specials = new Map(metrics.map((it) => [it.key, it.special ?? undefined]));
  const charts = { run, state, pins, pin, onState, specials };
  return (
    <div className={classes.stack}>
      <ChartControls {...state} q={search.q} onQuery={(q) => change({ q })} onChange={onState} />
      {shown.length === 0 ? (
        <NoMatch hidden={metrics.length} onClear={() => change({ q: undefined })} />
      ) : null}
      {pinned.length > 0 ? (
        <Section title="Pinned">
          <ChartGrid {...charts} keys={pinned} />
        </Section>
      ) : null}
      {groups.map((group) => {
        const only = groups.length === 1 && group.name === '' && pinned.length === 0;
        if (only) return <ChartGrid key="" {...charts} keys={group.keys} />;
        const open = !folded.includes(group.name || 'other');
        const Arrow = open ? IconChevronDown : IconRight;
        return (
          <section key={group.name} aria-label={group.name || 'Other metrics'}>
            <h2 className={classes.groupHead}>
              <button type="button" aria-expanded={open} onClick={() => fold(group.name || 'other')}>
                <Arrow size={16} aria-hidden />
                {group.name || 'Other metrics'}
                <Text span size="xs" c="dimmed">
                  {count(group.keys.length)}
                </Text>
              </button>
            </h2>
            {open ? <ChartGrid {...charts} keys={group.keys} /> : null}
          </section>
        );
      })}
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

interface GridProps {
  run: Run;
  keys: readonly string[];
  state: ChartState;
  pins: readonly string[];
  pin: (key: string) => void;
  onState: (next: Partial<ChartState>) => void;
  /** The last value where it is no finite number, by metric. */
  specials: ReadonlyMap<string, string | undefined>;
}

function ChartGrid({ run, keys, state, pins, pin, onState, specials }: GridProps) {
  const runs = useMemo<CurveRun[]>(() => [{ id: run.id, name: run.name, slot: 0 }], [run.id, run.name]);
  const zoom = useCallback((range: [number, number] | null) => onState({ range }), [onState]);
  return (
    <div className={classes.charts}>
      {keys.map((key) => {
        const on = pins.includes(key);
        const Icon = on ? IconPinFilled : IconPin;
        return (
          <MetricCurves
            key={key}
            metric={key}
            last={specials.get(key)}
            runs={runs}
            axis={state.axis}
            range={state.range}
            onRange={zoom}
            smoothing={state.smooth / 100}
            log={state.log}
            sync={`run-${run.id}`}
            refresh={whileRunning(run) || 0}
            tools={
              <ActionIcon size={24} aria-label={`Pin ${key}`} aria-pressed={on} onClick={() => pin(key)}>
                <Icon size={16} />
              </ActionIcon>
            }
          />
        );
      })}
    </div>
  );
}
