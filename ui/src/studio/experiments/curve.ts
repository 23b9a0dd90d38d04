import type { Curve } from '@/kit/charts/curves';
import type { components } from '@/kernel/schema';

type Series = components['schemas']['Series'];
export type Axis = 'step' | 'time' | 'relative';

/** A history as a curve over what x shall mean; times in seconds, as the chart wants them. */
export function curveOf(series: Series, axis: Axis): Curve {
  const first = series.timestamps.reduce((low, at) => Math.min(low, at), Infinity);
  const x =
    axis === 'step'
      ? series.steps
      : series.timestamps.map((at) => (axis === 'time' ? at / 1000 : (at - first) / 1000));
  return { id: series.key, name: series.key, slot: 0, x, y: series.values };
}

/** All points at one step say nothing over steps; then time is the better axis. */
export function bestAxis(series: readonly Series[]): Axis {
  const many = series.filter((one) => one.steps.length > 1);
  return many.length > 0 && many.every((one) => one.steps.every((step) => step === one.steps[0]))
    ? 'relative'
    : 'step';
}
