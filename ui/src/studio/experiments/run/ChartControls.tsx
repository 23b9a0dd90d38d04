import { Button, Group, SegmentedControl, Slider, Switch, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { axisText, type Axis } from '@/kit/charts/axis';
import { RangeDialog } from '@/kit/charts/RangeDialog';
import { IconSearch, IconX } from '@/kit/icons';
import classes from './run.module.css';

export interface ChartState {
  axis: Axis;
  log: boolean;
  /** 0 to 99. */
  smooth: number;
  range: readonly [number, number] | null;
}

interface Props extends ChartState {
  q: string | undefined;
  onQuery?: ((q: string | undefined) => void) | undefined;
  onChange: (next: Partial<ChartState>) => void;
}

const AXES = [
  { value: 'step', label: 'Step' },
  { value: 'time', label: 'Time' },
  { value: 'relative', label: 'Since start' },
];

/** What all charts of a page share: the meaning of x, the part of it that is shown, logarithm, smoothing. */
export function ChartControls({ axis, log, smooth, range, q, onQuery, onChange }: Props) {
  const [zooming, setZooming] = useState(false);
  return (
    <Group gap="lg" className={classes.controls ?? ''}>
      {onQuery ? (
        <TextInput
          aria-label="Filter metrics"
          placeholder="Filter metrics"
          leftSection={<IconSearch size={14} aria-hidden />}
          value={q ?? ''}
          onChange={(event) => onQuery(event.currentTarget.value || undefined)}
        />
      ) : null}
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" id="axis-label">
          Over
        </Text>
        <SegmentedControl
          aria-labelledby="axis-label"
          size="xs"
          value={axis}
          onChange={(value) => onChange({ axis: value as Axis, range: null })}
          data={AXES}
        />
      </Group>
      <Switch
        label="Logarithmic"
        checked={log}
        onChange={(event) => onChange({ log: event.currentTarget.checked })}
      />
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" id="smooth-label">
          Smoothing
        </Text>
        <Slider
          aria-label="Smoothing"
          thumbLabel="Smoothing"
          className={classes.slider ?? ''}
          min={0}
          max={99}
          value={smooth}
          label={(value) => (value / 100).toFixed(2)}
          onChange={(value) => onChange({ smooth: value })}
        />
      </Group>
      <Button variant="default" size="compact-sm" onClick={() => setZooming(true)}>
        Zoom to…
      </Button>
      {zooming ? (
        <RangeDialog
          axis={axis}
          range={range}
          onRange={(next) => onChange({ range: next })}
          onClose={() => setZooming(false)}
        />
      ) : null}
      {range ? (
        <Button
          variant="default"
          size="compact-sm"
          rightSection={<IconX size={14} aria-hidden />}
          onClick={() => onChange({ range: null })}
        >
          {axisText(axis, range[0])} to {axisText(axis, range[1])}: show all
        </Button>
      ) : null}
    </Group>
  );
}
