import { count, counted, metric } from '@/kernel/format';
import type { ColumnProfile, Histogram } from '../types';

const TIMES = new Set(['date', 'datetime']);

/** A value of the column as people write it: dates as dates, numbers with four digits, the rest as it is. */
export function valueText(column: ColumnProfile, value: number | string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number')
    return column.type === 'integer' && Number.isInteger(value) ? count(value) : metric(value);
  return column.type === 'date' ? value.slice(0, 10) : value.replace('T', ' ').slice(0, 19);
}

/** An edge of a bin; of dates the edges are seconds since 1970. */
export function edgeText(column: ColumnProfile, edge: number): string {
  if (!TIMES.has(column.type)) return metric(edge);
  const text = new Date(edge * 1000).toISOString();
  return column.type === 'date' ? text.slice(0, 10) : text.slice(0, 16).replace('T', ' ');
}

/** Heights to draw for any column: bins of numbers and dates, else the frequent values. */
export function heights(column: ColumnProfile): number[] {
  return column.histogram?.counts ?? (column.top ?? []).map((top) => top.count);
}

export function binLabels(column: ColumnProfile, histogram: Histogram): string[] {
  return histogram.counts.map((_, index) => {
    const low = histogram.edges[index] ?? 0;
    const high = histogram.edges[index + 1] ?? 0;
    const whole = column.type === 'integer' && high - low === 1 && low % 1 !== 0;
    return whole ? count(low + 0.5) : `${edgeText(column, low)} – ${edgeText(column, high)}`;
  });
}

/** The distribution in one sentence. */
export function spoken(column: ColumnProfile): string {
  const histogram = column.histogram;
  if (histogram && histogram.counts.length > 0) {
    const peak = histogram.counts.indexOf(Math.max(...histogram.counts));
    return `${column.name}: ${valueText(column, column.min)} to ${valueText(column, column.max)}, most in ${binLabels(column, histogram)[peak] ?? ''}`;
  }
  const first = column.top?.[0];
  return first
    ? `${column.name}: most often ${first.value} (${counted(first.count, 'row')})`
    : `${column.name}: no values`;
}
