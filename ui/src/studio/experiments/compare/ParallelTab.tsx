import { Button, Collapse, Group, MultiSelect, Select, useComputedColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { startTransition, useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { ChartFrame } from '@/kit/charts/ChartFrame';
import { passing, writeBrushes, type Brushes } from '@/kit/charts/parallel';
import { ParallelCoordinates } from '@/kit/charts/ParallelCoordinates';
import { useFollow } from '@/kit/Link';
import { EmptyState } from '@/kit/EmptyState';
import { palette } from '@/theme';
import { runHref } from './link';
import { axisFields, axisOf, firstAxes, isLog, label, MOST_AXES } from './axes';
import { coloursOf } from './colours';
import { Passing } from './Passing';
import { Ranges } from './Ranges';
import { brushesOf } from './search';
import { tableOf } from './table';
import type { View } from './useComparison';
import classes from './compare.module.css';

/** Each run a line through what it was given and what came of it; brushes choose runs for the whole page. */
export function ParallelTab({ view }: { view: View }) {
  const { search, change, fields, byId, runs, kept } = view;
  const scheme = useComputedColorScheme('light');
  const follow = useFollow();
  const [panel, { toggle }] = useDisclosure(false);
  const usable = useMemo(() => axisFields(fields), [fields]);
  const ids = useMemo(() => search.axes ?? firstAxes(fields), [search.axes, fields]);
  const axes = useMemo(
    () =>
      ids.flatMap((id) => {
        const field = byId.get(id);
        return field ? [axisOf(field, isLog(field, search.logs))] : [];
      }),
    [ids, byId, search.logs],
  );
  const written = search.brush;
  // while the pointer drags the address stays; what it says counts again as soon as it changes
  const [draft, setDraft] = useState<{ over: string | undefined; brushes: Brushes } | null>(null);
  const brushes = useMemo(
    () => (draft && draft.over === written ? draft.brushes : brushesOf({ brush: written })),
    [draft, written],
  );
  const colour = search.colour ?? '';
  const colours = useMemo(
    () => coloursOf(view, colour || undefined, palette(scheme), scheme),
    [view, colour, scheme],
  );
  const names = useMemo(() => runs.map((run) => run.name || run.id.slice(-8)), [runs]);
  const lines = useMemo(() => kept.filter((n) => passing(axes, brushes, n)), [kept, axes, brushes]);

  const brush = (next: Brushes, done: boolean) => {
    // the canvas has drawn it already; the rest of the page may follow a little later
    startTransition(() => setDraft({ over: written, brushes: next }));
    if (done) change({ brush: writeBrushes(next) });
  };
  const move = (from: number, to: number) => {
    if (to < 0 || to >= ids.length) return;
    const next = ids.filter((_, index) => index !== from);
    next.splice(to, 0, ids[from] ?? '');
    change({ axes: next });
  };
  const table = useMemo(
    () =>
      tableOf(
        runs,
        ids.flatMap((id) => byId.get(id) ?? []),
        lines,
      ),
    [runs, ids, byId, lines],
  );
  if (usable.length < 2)
    return (
      <EmptyState title="Nothing to draw">
        Parallel coordinates need at least two params or metrics in which these runs differ.
      </EmptyState>
    );
  return (
    <div className={classes.stack}>
      <Group gap="md" align="end">
        <MultiSelect
          label={`Axes (${count(axes.length)})`}
          searchable
          size="xs"
          w={420}
          maxValues={MOST_AXES}
          data={usable.map((field) => ({ value: field.id, label: field.key }))}
          value={[...ids]}
          onChange={(next) => change({ axes: next.length > 0 ? next : undefined })}
          classNames={{ pillsList: classes.pills ?? '' }}
        />
        <Select
          label="Colour by"
          placeholder="Run"
          searchable
          clearable
          w={200}
          data={usable.map((field) => ({ value: field.id, label: field.key }))}
          value={colour || null}
          onChange={(id) => change({ colour: id ?? undefined })}
        />
        <Button variant="default" onClick={toggle} aria-expanded={panel}>
          {panel ? 'Hide ranges' : 'Ranges as numbers'}
        </Button>
        {Object.keys(brushes).length > 0 ? (
          <Button variant="default" onClick={() => brush({}, true)}>
            Clear brushes
          </Button>
        ) : null}
      </Group>
      <ChartFrame
        title="Parallel coordinates"
        summary={`${count(lines.length)} of ${count(kept.length)} runs pass, over ${count(axes.length)} axes. Drag along an axis to choose a range, double-click it to clear; drag a name to another place.`}
        table={table}
        height={400}
      >
        <ParallelCoordinates
          axes={axes}
          colours={colours}
          names={names}
          lines={kept}
          brushes={brushes}
          onBrush={brush}
          onMove={move}
          onPick={(n) => {
            const run = runs[n];
            if (run) follow(runHref(run));
          }}
          label={label}
        />
      </ChartFrame>
      <Collapse expanded={panel}>
        {panel ? (
          <Ranges
            axes={axes}
            brushes={brushes}
            onBrush={(next) => brush(next, true)}
            onMove={move}
            onLog={(id) => {
              const logs = search.logs ?? [];
              const rest = logs.filter((other) => other !== id);
              const next = rest.length < logs.length ? rest : [...logs, id];
              change({ logs: next.length > 0 ? next : undefined });
            }}
            onRemove={(id) => change({ axes: ids.filter((other) => other !== id) })}
          />
        ) : null}
      </Collapse>
      <p className={classes.hidden} role="status">
        {count(lines.length)} of {count(kept.length)} runs pass.
      </p>
      <Passing view={view} lines={lines} />
    </div>
  );
}
