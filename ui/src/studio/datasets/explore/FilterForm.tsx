import { Button, Checkbox, Group, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { percent } from '@/kernel/format';
import { Brush } from './Brush';
import { hasScale, isMoment, isNumber, type Column, type ColumnSummary, type Condition } from './types';

interface Props {
  column: Column;
  summary: ColumnSummary | undefined;
  condition: Condition | undefined;
  pinned: boolean;
  onApply: (next: Condition | undefined) => void;
  onPin: () => void;
  onHide: () => void;
}

type Mode = 'range' | 'values' | 'text' | 'missing' | 'present';
const NAMES: Record<Mode, string> = {
  range: 'Range',
  values: 'Values',
  text: 'Contains',
  missing: 'Missing',
  present: 'There',
};

function modesOf(type: string): Mode[] {
  if (hasScale(type)) return ['range', 'values', 'missing', 'present'];
  return type === 'boolean' ? ['values', 'missing', 'present'] : ['values', 'text', 'missing', 'present'];
}

function modeOf(condition: Condition | undefined, type: string): Mode {
  const modes: Partial<Record<Condition['op'], Mode>> = {
    between: 'range', in: 'values', not_in: 'values', contains: 'text', missing: 'missing', present: 'present',
  }; // prettier-ignore
  return (condition && modes[condition.op]) ?? modesOf(type)[0] ?? 'values';
}

/** Numbers go as they were typed, so that none beyond 2^53 is rounded. */
const typed = (text: string) => (text.trim() === '' ? undefined : text.trim());

/** Which values of one column are wanted. */
export function FilterForm({ column, summary, condition, pinned, onApply, onPin, onHide }: Props) {
  const [mode, setMode] = useState<Mode>(modeOf(condition, column.type));
  const [min, setMin] = useState(condition?.min == null ? '' : String(condition.min));
  const [max, setMax] = useState(condition?.max == null ? '' : String(condition.max));
  const [chosen, setChosen] = useState<string[]>((condition?.values ?? []).map(String));
  const [not, setNot] = useState(condition?.op === 'not_in');
  const [text, setText] = useState(condition?.op === 'contains' ? String(condition.values?.[0] ?? '') : '');
  const [other, setOther] = useState('');

  const next = (): Condition | undefined => {
    const base = { column: column.name, values: [] };
    if (mode === 'missing' || mode === 'present') return { ...base, op: mode };
    if (mode === 'text') return text ? { ...base, op: 'contains', values: [text] } : undefined;
    if (mode === 'range') {
      const [least, most] = [typed(min), typed(max)];
      if (least === undefined && most === undefined) return undefined;
      return { ...base, op: 'between', min: least ?? null, max: most ?? null };
    }
    const values = other ? [...chosen, other] : chosen;
    return values.length > 0 ? { ...base, op: not ? 'not_in' : 'in', values } : undefined;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onApply(next());
  };
  const offered = summary?.top ?? [];
  const more = chosen.filter((value) => !offered.some((top) => top.value === value));
  const toggle = (value: string) =>
    setChosen(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label="Kind of filter"
          value={mode}
          onChange={(value) => setMode(value as Mode)}
          data={modesOf(column.type).map((value) => ({ value, label: NAMES[value] }))}
        />
        {mode === 'range' ? (
          <>
            {summary?.histogram ? (
              <Brush
                column={column}
                histogram={summary.histogram}
                min={min}
                max={max}
                onChange={(least, most) => {
                  setMin(least);
                  setMax(most);
                }}
              />
            ) : null}
            <Group grow gap="xs">
              <TextInput
                size="xs"
                label="From"
                placeholder={isMoment(column.type) ? '2024-01-31' : 'lowest'}
                inputMode={isNumber(column.type) ? 'decimal' : 'text'}
                value={min}
                onChange={(event) => setMin(event.currentTarget.value)}
              />
              <TextInput
                size="xs"
                label="To"
                placeholder={isMoment(column.type) ? '2024-12-31' : 'highest'}
                inputMode={isNumber(column.type) ? 'decimal' : 'text'}
                value={max}
                onChange={(event) => setMax(event.currentTarget.value)}
              />
            </Group>
          </>
        ) : null}
        {mode === 'values' ? (
          <Stack gap={6}>
            {offered.map((top) => (
              <Checkbox
                key={top.value}
                size="xs"
                label={`${top.value === '' ? 'empty text' : top.value.slice(0, 40)} · ${percent(top.share)}`}
                checked={chosen.includes(top.value)}
                onChange={() => toggle(top.value)}
              />
            ))}
            {more.map((value) => (
              <Checkbox key={value} size="xs" label={value} checked onChange={() => toggle(value)} />
            ))}
            <TextInput
              size="xs"
              label={offered.length > 0 ? 'Another value' : 'Value'}
              value={other}
              onChange={(event) => setOther(event.currentTarget.value)}
            />
            <Checkbox
              size="xs"
              label="All but these"
              checked={not}
              onChange={(event) => setNot(event.currentTarget.checked)}
            />
          </Stack>
        ) : null}
        {mode === 'text' ? (
          <TextInput
            size="xs"
            label="Text, in any case"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        ) : null}
        {mode === 'missing' || mode === 'present' ? (
          <Text size="xs" c="dimmed">
            {mode === 'missing' ? 'Rows without a value here.' : 'Rows with a value here.'}
          </Text>
        ) : null}
        <Group gap="xs">
          <Button type="submit" size="xs">
            Apply
          </Button>
          {condition ? (
            <Button size="xs" variant="default" onClick={() => onApply(undefined)}>
              Clear
            </Button>
          ) : null}
          <Button size="xs" variant="subtle" onClick={onPin}>
            {pinned ? 'Unpin' : 'Pin'}
          </Button>
          <Button size="xs" variant="subtle" onClick={onHide}>
            Hide
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
