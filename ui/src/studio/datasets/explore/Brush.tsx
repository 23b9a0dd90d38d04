import { useRef, type PointerEvent } from 'react';
import { Bars } from '@/kit/charts/Bars';
import { isMoment, type Column, type ColumnSummary } from './types';
import classes from './explore.module.css';

interface Props {
  column: Column;
  histogram: NonNullable<ColumnSummary['histogram']>;
  min: string;
  max: string;
  onChange: (min: string, max: string) => void;
}

/** A range drawn over a histogram; the fields below it take the same by keyboard. */
export function Brush({ column, histogram, min, max, onChange }: Props) {
  const start = useRef(0);
  const [low, high] = [histogram.edges[0] ?? 0, histogram.edges.at(-1) ?? 1];
  const width = high - low || 1;
  const shareOf = (text: string, otherwise: number) => {
    const value = isMoment(column.type)
      ? Date.parse(`${text}Z`) / 1000 || Date.parse(text) / 1000
      : Number(text);
    return text === '' || Number.isNaN(value) ? otherwise : Math.min(1, Math.max(0, (value - low) / width));
  };
  const textOf = (share: number) => {
    const value = low + share * width;
    if (column.type === 'integer') return String(Math.round(value));
    if (!isMoment(column.type)) return String(Number(value.toPrecision(6)));
    const iso = new Date(value * 1000).toISOString();
    return column.type === 'date' ? iso.slice(0, 10) : iso.slice(0, 19);
  };
  const shareAt = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    const here = shareAt(event);
    const [a, b] = [Math.min(start.current, here), Math.max(start.current, here)];
    if (b - a > 0.005) onChange(textOf(a), textOf(b));
  };
  const [from, to] = [shareOf(min, 0), shareOf(max, 1)];
  return (
    <div
      className={classes.brush}
      onPointerDown={(event) => {
        start.current = shareAt(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) drag(event);
      }}
    >
      <i style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }} />
      <Bars
        values={histogram.counts}
        height={72}
        label={`Values of ${column.name}; drag to choose a range`}
      />
    </div>
  );
}
