import { metric } from '@/kernel/format';

export interface Cell {
  text: string;
  /** How far a number is from the baseline's. */
  delta: string;
}

/** A value beside its baseline: numbers with the distance, anything else as it is. */
export function cellOf(value: unknown, baseline: unknown, first: boolean, numbers: boolean): Cell {
  if (value === null || value === undefined) return { text: '–', delta: '' };
  if (!numbers || typeof value !== 'number') return { text: String(value), delta: '' };
  const text = metric(value);
  if (first || typeof baseline !== 'number' || value === baseline) return { text, delta: '' };
  const distance = value - baseline;
  return { text, delta: `${distance > 0 ? '+' : '−'}${metric(Math.abs(distance), 3)}` };
}
