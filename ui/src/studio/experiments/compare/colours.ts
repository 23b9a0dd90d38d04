import { rampColour } from '@/kit/charts/surface';
import { scaleOf } from '@/kit/charts/parallel';
import type { Palette } from '@/theme';
import { axisOf, isLog } from './axes';
import type { View } from './useComparison';

/** Colours that stand out on the page at both ends: the palest of the ramp would vanish. */
export function ramp(p: Palette, scheme: 'light' | 'dark'): readonly string[] {
  return scheme === 'dark' ? p.sequential.slice(2) : p.sequential.slice(2, 10);
}

/** The colour of each run: its own, or by where it stands in a field. */
export function coloursOf(
  view: View,
  fieldId: string | undefined,
  p: Palette,
  scheme: 'light' | 'dark',
): string[] {
  const field = fieldId ? view.byId.get(fieldId) : undefined;
  if (!field)
    return view.runs.map((run) => p.series[(view.slots.get(run.id) ?? 0) % p.series.length] ?? p.accent);
  const axis = axisOf(field, isLog(field, view.search.logs));
  if (axis.categories)
    return axis.values.map((value) =>
      Number.isNaN(value) ? p.muted : (p.series[value % p.series.length] ?? p.accent),
    );
  const scale = scaleOf(axis);
  const colours = ramp(p, scheme);
  return axis.values.map((value) => rampColour(colours, scale.to(value), p.border));
}
