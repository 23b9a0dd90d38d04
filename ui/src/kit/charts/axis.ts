import { duration } from '@/kernel/format';

/** What x means; times and what is relative are in seconds. */
export type Axis = 'step' | 'time' | 'relative';

const MOST_DIGITS = 12;

/** The places of an axis as texts, with as many digits as tell them apart. */
export function placeTexts(
  places: readonly (number | null)[],
  write: (value: number, digits: number) => string,
  digits: number,
): string[] {
  const texts = places.map((place) => (place === null ? '' : write(place, digits)));
  const told = texts.filter((text) => text !== '');
  if (new Set(told).size === told.length || digits >= MOST_DIGITS) return texts;
  return placeTexts(places, write, digits + 1);
}

/** A place on the axis of a chart in words: "step 120", "12:03:04", "3 min 2 s". */
export function axisText(xName: string, x: number): string {
  if (xName === 'time')
    return new Date(x * 1000).toLocaleString('en-GB', { dateStyle: 'short', timeStyle: 'medium' });
  if (xName === 'relative') return duration(x);
  return `${xName} ${x.toLocaleString('en-US', { maximumFractionDigits: 3 })}`;
}
