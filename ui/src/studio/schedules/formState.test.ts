import { describe, expect, it } from 'vitest';
import { initial, numbers, triggerOf, wholeFields } from './formState';
import type { ScheduleDetail } from './queries';
import { firingState, inZone } from './words';

describe('the form of a schedule', () => {
  it('reads lists of numbers however they are parted', () => {
    expect(numbers('2, 14;20')).toEqual([2, 14, 20]);
    expect(numbers(' ')).toEqual([]);
  });

  it('shows what is wrong with one of several numbers at their field', () => {
    expect(wholeFields({ 'trigger.hours.0': 'too late', name: 'taken' })).toEqual({
      'trigger.hours': 'too late',
      name: 'taken',
    });
  });

  it('sends times of day only where the frequency has them', () => {
    const state = { ...initial(undefined, 'a'), zone: 'UTC' };
    expect(triggerOf(state)).toMatchObject({ frequency: 'day', hours: [2], minutes: [30] });
    expect(triggerOf({ ...state, frequency: 'hour' })).toMatchObject({ hours: [], minutes: [] });
    expect(triggerOf({ ...state, weekDays: ['monday'] })).toMatchObject({ week_days: [] });
  });

  it('gives back the trigger that it was opened with', () => {
    const trigger = {
      kind: 'recurrence',
      frequency: 'week',
      interval: 2,
      hours: [4, 5],
      minutes: [0, 30],
      week_days: ['monday', 'thursday'],
      month_days: [],
      zone: 'Europe/Berlin',
      start: '2026-01-04T23:00:00Z',
      end: null,
    };
    const edit = { name: 'a', trigger, catch_up: 'all', overlap: 'queue' } as unknown as ScheduleDetail;
    expect(triggerOf(initial(edit, ''))).toEqual(trigger);
  });
});

describe('words of schedules', () => {
  it('shows moments as the clocks of a zone do', () => {
    expect(inZone('2026-03-29T01:00:00Z', 'Europe/Berlin')).toContain('03:00');
    expect(inZone('2026-03-29T01:00:00Z', 'America/New_York')).toContain('28 Mar');
  });

  it('says of what was passed over how often', () => {
    const base = {
      id: 1,
      due: '',
      fired_at: '',
      origin: 'time',
      count: 1,
      field: '',
      reason: '',
      run_name: '',
    } as const;
    expect(firingState({ ...base, state: 'skipped', count: 17 }).label).toBe('Skipped 17 times');
    expect(firingState({ ...base, state: 'started', run_state: 'Running' }).state).toBe('Running');
    expect(firingState({ ...base, state: 'started', run_state: null }).label).toBe('Run removed');
  });
});
