import type { Tone } from '@/kit/status';
import type { Firing, Schedule } from './queries';

const STATES: Record<Schedule['state'], { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'completed' },
  paused: { label: 'Paused', tone: 'canceled' },
  finished: { label: 'Finished', tone: 'canceled' },
  troubled: { label: 'Does not run', tone: 'failed' },
};
export const stateOf = (schedule: Schedule) => STATES[schedule.state];

/** How a firing stands: of one with a run, how the run stands. */
export function firingState(firing: Firing): { state: string; label?: string; tone?: Tone } {
  if (firing.state === 'started')
    return firing.run_state ? { state: firing.run_state } : { state: 'deleted', label: 'Run removed' };
  if (firing.state === 'waiting') return { state: 'queued', label: 'Waits' };
  if (firing.state === 'skipped')
    return {
      state: 'skipped',
      label: (firing.count ?? 1) > 1 ? `Skipped ${firing.count} times` : 'Skipped',
    };
  return { state: 'failed', label: 'No run' };
}

export const ORIGINS: Record<Firing['origin'], string> = {
  time: 'on time',
  catch_up: 'made up for',
  request: 'run now',
  dataset: 'new version',
  files: 'arrived',
};

/** What made a schedule fire, where it was no time. */
export function causeOf(firing: Firing): string {
  const cause = firing.cause;
  if (!cause) return '';
  if (cause.kind === 'dataset') return `${cause.dataset}:${cause.version}`;
  const first = cause.files[0]?.path ?? '';
  return cause.files.length > 1 ? `${first} and ${cause.files.length - 1} more` : first;
}

/** A moment as the clocks of a zone show it. */
export function inZone(at: string, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: '2-digit',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(at));
}

export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export const zones = (): string[] => {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set(['UTC', readerZone(), ...known])];
};
