import { Group, MultiSelect, NumberInput, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { FileFields, VersionFields } from './ArrivalFields';
import { arrives, policies, WEEK_DAYS, type FormState, type Frequency } from './formState';
import { zones } from './words';

interface Props {
  state: FormState;
  set: (change: Partial<FormState>) => void;
  /** Message per field, from the server. */
  fields: Record<string, string>;
}

const FREQUENCIES: { value: Frequency; label: string }[] = [
  { value: 'minute', label: 'minutes' },
  { value: 'hour', label: 'hours' },
  { value: 'day', label: 'days' },
  { value: 'week', label: 'weeks' },
  { value: 'month', label: 'months' },
];
const DAYS = WEEK_DAYS.map((day) => ({ value: day, label: day.charAt(0).toUpperCase() + day.slice(1) }));

/** When: a recurrence, a line of cron or what arrives, its zone, from when and until when. */
export function TriggerFields({ state, set, fields }: Props) {
  const names = useMemo(() => zones(), []);
  const known = names.includes(state.zone) ? names : [state.zone, ...names];
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label="Kind of trigger"
        value={state.kind}
        onChange={(kind) => {
          const chosen = kind as FormState['kind'];
          set({ kind: chosen, ...(arrives(chosen) === arrives(state.kind) ? {} : policies(chosen)) });
        }}
        data={[
          { value: 'recurrence', label: 'Recurrence' },
          { value: 'cron', label: 'Line of cron' },
          { value: 'dataset', label: 'New version' },
          { value: 'files', label: 'Files that arrive' },
        ]}
      />
      {state.kind === 'dataset' ? (
        <VersionFields state={state} set={set} fields={fields} />
      ) : state.kind === 'files' ? (
        <FileFields state={state} set={set} fields={fields} />
      ) : state.kind === 'cron' ? (
        <TextInput
          label="Line of cron"
          description="Minute, hour, day of month, month, day of week: 30 2 * * 1-5 is half past two on working days"
          value={state.expression}
          error={fields['trigger.expression']}
          onChange={(event) => set({ expression: event.currentTarget.value })}
        />
      ) : (
        <Recurrence state={state} set={set} fields={fields} />
      )}
      <Select
        label="Time zone"
        searchable
        limit={60}
        allowDeselect={false}
        data={known}
        value={state.zone}
        error={fields['trigger.zone']}
        onChange={(zone) => set({ zone: zone ?? 'UTC' })}
      />
      <Group grow align="start">
        <TextInput
          label="From"
          description="Nothing: from now"
          placeholder="2026-12-01T08:00"
          value={state.start}
          error={fields['trigger.start']}
          onChange={(event) => set({ start: event.currentTarget.value })}
        />
        <TextInput
          label="Until"
          description="Nothing: without an end"
          placeholder="2027-12-01T08:00"
          value={state.end}
          error={fields['trigger.end']}
          onChange={(event) => set({ end: event.currentTarget.value })}
        />
      </Group>
    </Stack>
  );
}

function Recurrence({ state, set, fields }: Props) {
  const timed = state.frequency !== 'minute' && state.frequency !== 'hour';
  return (
    <>
      <Group grow align="start">
        <NumberInput
          label="Every"
          min={1}
          max={10_000}
          allowDecimal={false}
          value={state.interval}
          error={fields['trigger.interval']}
          onChange={(interval) => set({ interval: Number(interval) || 1 })}
        />
        <Select
          label="Unit"
          allowDeselect={false}
          data={FREQUENCIES}
          value={state.frequency}
          onChange={(frequency) => set({ frequency: (frequency ?? 'day') as Frequency })}
        />
      </Group>
      {state.frequency === 'week' ? (
        <MultiSelect
          label="Days of the week"
          description="Nothing: the day that it begins on"
          data={DAYS}
          value={state.weekDays}
          error={fields['trigger.week_days']}
          onChange={(weekDays) => set({ weekDays })}
        />
      ) : null}
      {state.frequency === 'month' ? (
        <TextInput
          label="Days of the month"
          description="Such as 1, 15; a month without such a day is left out"
          value={state.monthDays}
          error={fields['trigger.month_days']}
          onChange={(event) => set({ monthDays: event.currentTarget.value })}
        />
      ) : null}
      {timed ? (
        <Group grow align="start">
          <TextInput
            label="Hours"
            description="0 to 23, such as 2, 14"
            value={state.hours}
            error={fields['trigger.hours']}
            onChange={(event) => set({ hours: event.currentTarget.value })}
          />
          <TextInput
            label="Minutes"
            description="0 to 59; nothing: on the hour"
            value={state.minutes}
            error={fields['trigger.minutes']}
            onChange={(event) => set({ minutes: event.currentTarget.value })}
          />
        </Group>
      ) : null}
    </>
  );
}
