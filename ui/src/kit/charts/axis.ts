import { duration } from '@/kernel/format';

/** A place on the axis of a chart in words: "step 120", "12:03:04", "3 min 2 s". */
export function axisText(xName: string, x: number): string {
  if (xName === 'time')
    return new Date(x * 1000).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'medium' });
  if (xName === 'relative') return duration(x);
  return `${xName} ${x.toLocaleString('en-US', { maximumFractionDigits: 3 })}`;
}
