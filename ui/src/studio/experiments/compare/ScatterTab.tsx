import { Group, SegmentedControl, Select, Switch, useComputedColorScheme } from '@mantine/core';
import { useMemo } from 'react';
import { Scatter } from '@/kit/charts/Scatter';
import { EmptyState } from '@/kit/EmptyState';
import { useFollow } from '@/kit/Link';
import { palette } from '@/theme';
import { runHref } from './link';
import { axisFields, axisOf, isLog } from './axes';
import { coloursOf, ramp } from './colours';
import { ColourScale } from './ColourScale';
import { Passing } from './Passing';
import { tail } from './search';
import { selectedIds, selectedOf, Selection } from './Selection';
import type { View } from './useComparison';
import classes from './compare.module.css';

/** Any two columns as a plane of points, a third as colour. */
export function ScatterTab({ view }: { view: View }) {
  const { search, change, fields, byId, runs, shown } = view;
  const scheme = useComputedColorScheme('light');
  const follow = useFollow();
  const usable = useMemo(() => axisFields(fields), [fields]);
  const param = usable.find((field) => field.kind === 'param' && field.numbers) ?? usable[0];
  const measured = usable.find((field) => field.kind === 'metric') ?? usable[1];
  const x = byId.get(search.x ?? '') ?? param;
  const y = byId.get(search.y ?? '') ?? measured;
  const z = byId.get(search.colour ?? '');
  const axes = useMemo(() => {
    const of = (field: typeof x) => (field ? axisOf(field, isLog(field, search.logs)) : null);
    return { x: of(x), y: of(y), z: of(z) };
  }, [x, y, z, search.logs]);
  const p = palette(scheme);
  const colours = useMemo(() => coloursOf(view, z?.id, palette(scheme), scheme), [view, z, scheme]);
  const names = useMemo(() => runs.map((run) => run.name || run.id.slice(-8)), [runs]);
  const chosen = useMemo(() => selectedOf(runs, search.sel), [runs, search.sel]);
  const choose = (ids: readonly string[]) => change({ sel: ids.length > 0 ? ids.map(tail) : undefined });
  const colourRamp = useMemo(() => ramp(palette(scheme), scheme), [scheme]);
  if (!axes.x || !axes.y || usable.length < 2)
    return (
      <EmptyState title="Nothing to draw">
        A scatter needs at least two params or metrics in which these runs differ.
      </EmptyState>
    );
  const choices = usable.map((field) => ({ value: field.id, label: field.key }));
  const log = (id: string | undefined, name: string, on: boolean, possible: boolean) => (
    <Switch
      label={`${name} logarithmic`}
      checked={on}
      disabled={!possible}
      onChange={() => {
        const logs = search.logs ?? [];
        const rest = logs.filter((other) => other !== id);
        const next = rest.length < logs.length ? rest : [...logs, id ?? ''];
        change({ logs: next.length > 0 ? next : undefined });
      }}
    />
  );
  const canLog = (axis: { values: readonly number[]; categories: readonly string[] | null } | null) =>
    Boolean(axis && !axis.categories && axis.values.every((value) => Number.isNaN(value) || value > 0));
  const numeric = Boolean(z?.numbers && x?.numbers && y?.numbers);
  return (
    <div className={classes.stack}>
      <Group gap="md" align="end">
        <Select
          label="Across"
          searchable
          allowDeselect={false}
          w={200}
          data={choices}
          value={x?.id ?? null}
          onChange={(id) => change({ x: id ?? undefined })}
        />
        <Select
          label="Up"
          searchable
          allowDeselect={false}
          w={200}
          data={choices}
          value={y?.id ?? null}
          onChange={(id) => change({ y: id ?? undefined })}
        />
        <Select
          label="Colour by"
          placeholder="Run"
          searchable
          clearable
          w={200}
          data={choices}
          value={z?.id ?? null}
          onChange={(id) => change({ colour: id ?? undefined })}
        />
        {log(x?.id, 'Across', axes.x.log, canLog(axes.x))}
        {log(y?.id, 'Up', axes.y.log, canLog(axes.y))}
        <SegmentedControl
          size="xs"
          aria-label="Dragging"
          value={search.lasso ? 'Chooses' : 'Zooms'}
          onChange={(value) => change({ lasso: value === 'Chooses' || undefined })}
          data={['Zooms', 'Chooses']}
        />
        <Switch
          label="Contour"
          description={numeric ? undefined : 'needs three columns of numbers'}
          checked={(search.contour ?? false) && numeric}
          disabled={!numeric}
          onChange={(event) => change({ contour: event.currentTarget.checked || undefined })}
        />
      </Group>
      <Scatter
        title={`${axes.y.name} by ${axes.x.name}`}
        x={axes.x}
        y={axes.y}
        z={axes.z}
        contour={(search.contour ?? false) && numeric}
        colours={colours}
        ramp={colourRamp}
        names={names}
        points={shown}
        chosen={chosen}
        onLasso={
          search.lasso ? (found) => choose(found.flatMap((index) => runs[index]?.id ?? [])) : undefined
        }
        onPick={(index) => {
          const run = runs[index];
          if (run) follow(runHref(run));
        }}
      />
      {axes.z ? <ColourScale axis={axes.z} ramp={colourRamp} series={p.series} /> : null}
      <Selection view={view} onChoose={choose} />
      <Passing
        view={view}
        lines={shown}
        label="Runs in the plane"
        selected={selectedIds(view)}
        onSelect={choose}
      />
    </div>
  );
}
