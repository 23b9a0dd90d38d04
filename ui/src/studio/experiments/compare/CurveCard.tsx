import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { RunCurves } from '@/kit/charts/RunCurves';
import { meanOf, smoothed, type RunCurve } from '@/kit/charts/runCurves';
import { Answer } from '@/kit/Page';
import { palette } from '@/theme';
import { readRange, writeRange } from '../run/metricGroups';
import { coloursOf } from './colours';
import type { Field } from './fields';
import { curvesOf, type Range } from './queries';
import type { View } from './useComparison';
import { useSeen } from './useSeen';
import classes from './compare.module.css';

interface Props {
  view: View;
  name: string;
  ids: string[];
  live: boolean;
  group: Field | undefined;
  alone: string | undefined;
  highlighted: string | null;
  onHighlight: (id: string | null) => void;
  onPick: (id: string) => void;
}

const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [6, 3], [2, 3]];
const X_NAMES = { step: 'step', relative: 'seconds since the start', time: 'time' };

/** One metric of all runs; a zoom asks for the points of what is seen. */
export function CurveCard(props: Props) {
  const { view, name, ids, live, group, alone, highlighted, onHighlight, onPick } = props;
  const { search, runs } = view;
  const scheme = useComputedColorScheme('light');
  const over = search.over ?? 'step';
  const shown = readRange(search.zoom);
  const range: Range = shown && over === 'time' ? [shown[0] * 1000, shown[1] * 1000] : shown;
  // the whole range stays the frame: a zoom only brings more points of the part that is seen
  const [place, seen] = useSeen<HTMLDivElement>();
  const whole = useQuery({ ...curvesOf(ids, name, over, null, live), enabled: seen && ids.length > 0 });
  const part = useQuery({ ...curvesOf(ids, name, over, range, false), enabled: range !== null });
  const colours = useMemo(
    () => coloursOf(view, search.colour, palette(scheme), scheme),
    [view, search.colour, scheme],
  );
  const at = useMemo(() => new Map(runs.map((run, index) => [run.id, index])), [runs]);

  const found = range && part.data && !part.isPlaceholderData ? part.data : whole.data;
  const zoomed = found !== whole.data;
  const curves = useMemo(() => {
    const detail = new Map(found?.curves.map((curve) => [curve.run_id, curve]) ?? []);
    const single = (whole.data?.curves ?? []).map((outer): RunCurve => {
      const index = at.get(outer.run_id) ?? 0;
      const inner = zoomed ? detail.get(outer.run_id) : undefined;
      const { x, y } = inner ? spliced(outer, inner) : outer;
      return {
        id: outer.run_id,
        name: runs[index]?.name || outer.run_id.slice(-8),
        colour: colours[index] ?? palette(scheme).muted,
        dash: ids.length > 24 ? undefined : DASHES[Math.floor(index / 8) % DASHES.length],
        x: over === 'time' ? x.map((ms) => ms / 1000) : x,
        y: smoothed(y, search.smooth ?? 0),
      };
    });
    if (group) return meansBy(group, single, at, palette(scheme).series);
    return alone ? single.filter((curve) => curve.id === alone) : single;
  }, [found, whole.data, zoomed, at, runs, colours, ids.length, over, search.smooth, group, alone, scheme]);
  const raw = whole.data?.curves ?? [];
  return (
    <div ref={place} className={classes.card}>
      <Answer query={whole} inline rows={6}>
        {() => (
          <RunCurves
            title={name}
            curves={curves}
            xName={X_NAMES[over]}
            time={over === 'time'}
            log={search.log ?? false}
            sync="compare"
            total={raw.reduce((sum, curve) => sum + curve.total, 0)}
            sampled={raw.some((curve) => curve.sampled)}
            highlighted={highlighted}
            onHighlight={onHighlight}
            onPick={onPick}
            range={shown}
            onRange={(next) => view.change({ zoom: writeRange(next) })}
          />
        )}
      </Answer>
    </div>
  );
}

interface Points {
  x: readonly number[];
  y: readonly (number | null)[];
}

/** A curve with the points of a part of it put in the place of those that were there. */
function spliced(outer: Points, inner: Points): Points {
  const [low, high] = [inner.x[0], inner.x.at(-1)];
  if (low === undefined || high === undefined) return outer;
  const before = outer.x.findIndex((x) => x >= low);
  const after = outer.x.findIndex((x) => x > high);
  const head = before < 0 ? outer.x.length : before;
  const rest = after < 0 ? outer.x.length : after;
  return {
    x: [...outer.x.slice(0, head), ...inner.x, ...outer.x.slice(rest)],
    y: [...outer.y.slice(0, head), ...inner.y, ...outer.y.slice(rest)],
  };
}

function meansBy(
  group: Field,
  curves: readonly RunCurve[],
  at: ReadonlyMap<string, number>,
  series: readonly string[],
): RunCurve[] {
  const byRun = new Map(curves.map((curve) => [at.get(curve.id) ?? -1, curve]));
  return groupsOf(group, [...byRun.keys()]).map(({ name, members }, index) => {
    const own = members.flatMap((run) => byRun.get(run) ?? []);
    const id = `${group.key} ${name}`;
    return meanOf(own, { id, name: `${id} (${own.length})`, colour: series[index % series.length] ?? '' });
  });
}

/** Runs by their value of a field, values in their natural order. */
export function groupsOf(group: Field, runs: readonly number[]): { name: string; members: number[] }[] {
  const found = new Map<string, number[]>();
  for (const run of runs) {
    const name = group.text(run) ?? '(none)';
    found.set(name, [...(found.get(name) ?? []), run]);
  }
  return [...found]
    .map(([name, members]) => ({ name, members }))
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}
