import type { Tone } from '@/kit/status';
import type { FeatureDrift, Monitor, WindowResult } from './queries';

const STATES: Record<Monitor['state'], { tone: Tone; label: string; says: string }> = {
  waiting: { tone: 'queued', label: 'Waiting', says: 'No window of its schedule has been looked at yet.' },
  ok: { tone: 'completed', label: 'No drift', says: 'The newest window is like the baseline.' },
  drifting: { tone: 'warning', label: 'Drifting', says: 'The newest window has moved from the baseline.' },
  stopped: {
    tone: 'canceled',
    label: 'Stopped',
    says: 'Its dataset is gone. Restore the dataset and enable the monitor again, or delete it.',
  },
  resolved: { tone: 'completed', label: 'Resolved', says: 'It had drifted, and is like the baseline again.' },
};

export function stateOf(monitor: Pick<Monitor, 'state'>) {
  return STATES[monitor.state];
}

export function windowState(window: WindowResult): { tone: Tone; label: string } {
  if (window.state === 'done') {
    return window.drifting
      ? { tone: 'warning', label: 'Drifting' }
      : { tone: 'completed', label: 'No drift' };
  }
  if (window.state === 'too_few') return { tone: 'canceled', label: 'Not enough rows' };
  if (window.state === 'failed') return { tone: 'failed', label: 'Failed' };
  if (window.state === 'canceled') return { tone: 'canceled', label: 'Canceled' };
  return { tone: 'running', label: 'At work' };
}

/** A moment in the monitor's own zone: `2026-01-31`, or with the time for windows of hours. */
export function windowName(start: string, frequency: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    ...(frequency === 'month' ? {} : { day: '2-digit' }),
    ...(frequency === 'hour' ? { hour: '2-digit', minute: '2-digit' } : {}),
  } as Intl.DateTimeFormatOptions);
  return parts.format(new Date(start));
}

export function rank(a: FeatureDrift, b: FeatureDrift): number {
  const weigh = (one: FeatureDrift) => (one.psi ?? 0) * (one.weight ?? 1);
  return weigh(b) - weigh(a) || (b.contribution ?? 0) - (a.contribution ?? 0);
}

/** How far a feature has moved, in one sentence. */
export function spoken(feature: FeatureDrift): string {
  if (feature.psi == null) return `${feature.name} could not be measured: nothing was there.`;
  const size = feature.psi < 0.1 ? 'hardly' : feature.psi < 0.25 ? 'somewhat' : 'far';
  const chance =
    feature.psi <= (feature.floor ?? 0) ? ', which is within the noise of a window of this size' : '';
  const change = feature.missing_change ?? 0;
  const extra = [
    feature.new_categories?.length
      ? `${feature.new_categories.length} new ${feature.new_categories.length === 1 ? 'category' : 'categories'}`
      : '',
    Math.abs(change) >= 0.01
      ? `missing values ${change > 0 ? 'up' : 'down'} by ${Math.abs(change * 100).toFixed(1)} points`
      : '',
  ].filter(Boolean);
  return `${feature.name} has moved ${size}${chance}${extra.length ? `; ${extra.join(', ')}` : ''}.`;
}

export const FREQUENCIES = [
  { value: 'hour', label: 'Hour' },
  { value: 'day', label: 'Day' },
  { value: 'week', label: 'Week' },
  { value: 'month', label: 'Month' },
] as const;

/** Zones that the browser knows, its own and UTC first. */
export function zones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = 'supportedValuesOf' in Intl ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set(['UTC', own, ...known])];
}
