import { Group, MultiSelect, SegmentedControl, Select, Slider, Switch, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { EmptyState } from '@/kit/EmptyState';
import { CurveCard } from './CurveCard';
import { CurveLegend } from './CurveLegend';
import { axisFields } from './axes';
import type { Field } from './fields';
import { tail, type Over } from './search';
import { isOver } from '@/kit/status';
import type { View } from './useComparison';
import classes from './compare.module.css';

const FIRST = 4;
const SLIM = { inputField: { minWidth: 48 } }; // what is typed has its place beside what is chosen, not in a line below

/** Metrics with more than one point; those of the machine come last. */
function curvedFields(fields: readonly Field[]): Field[] {
  return fields.filter((field) => (field.kind === 'metric' || field.kind === 'system') && field.points > 1);
}

/** The curves of chosen metrics, all runs in each chart. */
export function CurvesTab({ view }: { view: View }) {
  const { search, change, fields, shown, runs, byId } = view;
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const curved = useMemo(() => curvedFields(fields), [fields]);
  const names = useMemo(
    () => search.metrics ?? curved.slice(0, FIRST).map((field) => field.key),
    [search.metrics, curved],
  );
  const groups = useMemo(
    () => axisFields(fields).filter((field) => field.kind !== 'metric' && new Set(field.texts).size <= 24),
    [fields],
  );
  const group = search.group ? byId.get(search.group) : undefined;
  const ids = useMemo(() => shown.map((index) => runs[index]?.id ?? ''), [shown, runs]);
  const live = shown.some((index) => !isOver(runs[index]?.state ?? 'Completed'));
  if (curved.length === 0)
    return (
      <EmptyState title="No curves" code={'mlflow.log_metric("loss", loss, step=epoch)'}>
        None of these runs logged a metric at more than one step; the table shows their values.
      </EmptyState>
    );
  const alone = search.alone ? runs.find((run) => run.id.endsWith(search.alone ?? '')) : undefined;
  const pick = (id: string) => change({ alone: search.alone === tail(id) ? undefined : tail(id) });
  return (
    <div className={classes.stack}>
      <Group gap="md" align="end">
        <MultiSelect
          label="Metrics"
          searchable
          size="xs"
          w={340}
          maxValues={12}
          styles={SLIM}
          data={curved.map((field) => field.key)}
          value={[...names]}
          onChange={(metrics) => change({ metrics: metrics.length > 0 ? metrics : undefined })}
        />
        <div>
          <Text size="sm" fw={500} id="compare-over" mb={4}>
            Over
          </Text>
          <SegmentedControl
            aria-labelledby="compare-over"
            size="xs"
            value={search.over ?? 'step'}
            onChange={
              (over) => change({ over: over === 'step' ? undefined : (over as Over), zoom: undefined }) // another axis has another unit
            }
            data={[
              { value: 'step', label: 'Step' },
              { value: 'relative', label: 'Seconds since start' },
              { value: 'time', label: 'Time' },
            ]}
          />
        </div>
        <div className={classes.slider}>
          <Text size="sm" fw={500} mb={10}>
            Smoothing {search.smooth ? search.smooth.toFixed(2) : 'off'}
          </Text>
          <Slider
            thumbLabel="Smoothing"
            label={null}
            min={0}
            max={0.99}
            step={0.01}
            value={search.smooth ?? 0}
            onChange={(smooth) => change({ smooth: smooth > 0 ? smooth : undefined })}
          />
        </div>
        <Select
          label="Mean by"
          placeholder="Every run"
          clearable
          searchable
          w={180}
          data={groups.map((field) => ({ value: field.id, label: field.key }))}
          value={group?.id ?? null}
          onChange={(id) => change({ group: id ?? undefined })}
        />
        <Switch
          label="Logarithmic"
          checked={search.log ?? false}
          onChange={(event) => change({ log: event.currentTarget.checked || undefined })}
        />
      </Group>
      <Text size="sm" c="dimmed" aria-live="polite">
        {alone && !group ? (
          <>
            Only {alone.name || tail(alone.id)}; click its curve again to see all {count(ids.length)} runs.
          </>
        ) : group ? (
          `Mean of the runs of each ${group.key}, with one standard deviation around it.`
        ) : (
          `${count(ids.length)} ${ids.length === 1 ? 'run' : 'runs'}. The nearest curve stands out; a click leaves it alone. Drag to zoom, double-click to go back.`
        )}
      </Text>
      <CurveLegend view={view} group={group} alone={alone?.id} onHighlight={setHighlighted} onPick={pick} />
      <div className={classes.charts}>
        {names.map((name) => (
          <CurveCard
            key={name}
            view={view}
            name={name}
            ids={ids}
            live={live}
            group={group}
            alone={group ? undefined : alone?.id}
            highlighted={highlighted}
            onHighlight={setHighlighted}
            onPick={pick}
          />
        ))}
      </div>
    </div>
  );
}
