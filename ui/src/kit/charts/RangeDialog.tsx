import { NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { AskDialog } from '../AskDialog';
import type { Axis } from './axis';

interface Props {
  axis: Axis;
  range: readonly [number, number] | null;
  onRange: (range: [number, number]) => void;
  onClose: () => void;
}

const UNITS = { step: 'step', time: 'time', relative: 'seconds since the start' };

/** The part of the axis that is shown, in numbers: what a drag over a chart does, exactly and by keyboard. */
export function RangeDialog({ axis, range, onRange, onClose }: Props) {
  const [ends, setEnds] = useState<readonly [string, string]>([
    written(axis, range?.[0]),
    written(axis, range?.[1]),
  ]);
  const [low, high] = ends.map((end) => readEnd(axis, end));
  const ready = low !== undefined && high !== undefined && low < high;
  const wrong = low !== undefined && high !== undefined && low >= high ? 'It ends before it begins.' : null;
  const field = (at: 0 | 1, label: string, error: string | null) => {
    const set = (text: string) => setEnds((old) => (at === 0 ? [text, old[1]] : [old[0], text]));
    const shared = { label, error, ...(at === 0 ? { 'data-autofocus': true } : {}) };
    return axis === 'time' ? (
      <TextInput
        {...shared}
        type="datetime-local"
        step={1}
        value={ends[at]}
        onChange={(event) => set(event.currentTarget.value)}
      />
    ) : (
      <NumberInput {...shared} value={ends[at]} onChange={(value) => set(String(value))} />
    );
  };
  return (
    <AskDialog
      title={`Zoom to a part of the axis: ${UNITS[axis]}`}
      verb="Zoom"
      ready={ready}
      onClose={onClose}
      onSend={() => {
        if (ready) onRange([low, high]);
        return Promise.resolve();
      }}
    >
      {(problem) => (
        <>
          {field(0, 'From', problem)}
          {field(1, 'To', wrong)}
        </>
      )}
    </AskDialog>
  );
}

/** Times as the field of a browser has them: local, without a zone. */
function written(axis: Axis, at: number | undefined): string {
  if (at === undefined) return '';
  if (axis !== 'time') return String(at);
  const moment = new Date(at * 1000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

export function readEnd(axis: Axis, text: string): number | undefined {
  if (text.trim() === '') return undefined;
  const value = axis === 'time' ? new Date(text).getTime() / 1000 : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
