import type { ScheduleDetail, Trigger } from './queries';
import { readerZone } from './words';

export type Frequency = 'minute' | 'hour' | 'day' | 'week' | 'month';
export const WEEK_DAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const;

/** What the form holds: every field as it is typed. */
export interface FormState {
  name: string;
  description: string;
  kind: 'recurrence' | 'cron' | 'dataset' | 'files';
  dataset: string;
  datastore: string;
  path: string;
  seconds: number;
  batch: boolean;
  most: number;
  existing: 'ignore' | 'take';
  expression: string;
  frequency: Frequency;
  interval: number;
  hours: string;
  minutes: string;
  weekDays: string[];
  monthDays: string;
  zone: string;
  start: string;
  end: string;
  catchUp: 'none' | 'one' | 'all';
  overlap: 'skip' | 'queue' | 'allow';
}

export function initial(edit: ScheduleDetail | undefined, name: string): FormState {
  const trigger = edit?.trigger;
  const recurrence = trigger?.kind === 'recurrence' ? trigger : undefined;
  const files = trigger?.kind === 'files' ? trigger : undefined;
  return {
    name: edit?.name ?? name,
    description: edit?.description ?? '',
    kind: trigger?.kind ?? 'recurrence',
    dataset: trigger?.kind === 'dataset' ? trigger.dataset : '',
    datastore: files?.datastore ?? '',
    path: files?.path ?? '',
    seconds: files?.interval ?? 60,
    batch: files?.batch ?? false,
    most: files?.most ?? 100,
    existing: files?.existing ?? 'ignore',
    expression: trigger?.kind === 'cron' ? trigger.expression : '30 2 * * 1-5',
    frequency: recurrence?.frequency ?? 'day',
    interval: recurrence?.interval ?? 1,
    hours: recurrence ? (recurrence.hours ?? []).join(', ') : '2',
    minutes: recurrence ? (recurrence.minutes ?? []).join(', ') : '30',
    weekDays: recurrence?.week_days ?? [],
    monthDays: (recurrence?.month_days ?? []).join(', '),
    zone: trigger?.zone ?? readerZone(),
    start: trigger?.start ?? '',
    end: trigger?.end ?? '',
    catchUp: edit?.catch_up ?? 'one',
    overlap: edit?.overlap ?? 'skip',
  };
}

/** Numbers of a text such as "2, 14"; what is no number is left to the server to refuse. */
export function numbers(text: string): number[] {
  return text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
}

/** What another kind of trigger goes with: versions and files that arrive are not left out because others are at work. */
export const policies = (kind: FormState['kind']): Pick<FormState, 'catchUp' | 'overlap'> =>
  arrives(kind) ? { catchUp: 'all', overlap: 'queue' } : { catchUp: 'one', overlap: 'skip' };

export const arrives = (kind: string): boolean => kind === 'dataset' || kind === 'files';

/** Whether enough is filled in for the server to look at it. */
export const complete = (state: FormState): boolean =>
  state.kind === 'dataset' ? state.dataset !== '' : state.kind === 'files' ? state.datastore !== '' : true;

export function triggerOf(state: FormState): Trigger {
  const when = { zone: state.zone, start: state.start || null, end: state.end || null };
  if (state.kind === 'cron') return { kind: 'cron', expression: state.expression.trim(), ...when };
  if (state.kind === 'dataset') return { kind: 'dataset', dataset: state.dataset, ...when };
  if (state.kind === 'files')
    return {
      kind: 'files',
      datastore: state.datastore,
      path: state.path.trim(),
      interval: state.seconds,
      batch: state.batch,
      most: state.most,
      existing: state.existing,
      ...when,
    };
  const timed = state.frequency !== 'minute' && state.frequency !== 'hour';
  return {
    kind: 'recurrence',
    frequency: state.frequency,
    interval: state.interval,
    hours: timed ? numbers(state.hours) : [],
    minutes: timed ? numbers(state.minutes) : [],
    week_days: state.frequency === 'week' ? (state.weekDays as (typeof WEEK_DAYS)[number][]) : [],
    month_days: state.frequency === 'month' ? numbers(state.monthDays) : [],
    ...when,
  };
}

/** What the server says of a field; of one of its numbers, such as `trigger.hours.0`, it stands at the whole field. */
export const wholeFields = (fields: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, said]) => [name.replace(/\.\d+$/, ''), said]));
