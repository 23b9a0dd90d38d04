import { duration } from '@/kernel/format';

/** When a step waited and ran, in milliseconds since 1970; null: not yet, or never. */
export interface Times {
  queued: number | null;
  started: number | null;
  ended: number | null;
  over: boolean;
}

export interface Span {
  from: number;
  to: number;
}

/** Parts of a line, in percent of its width. */
export interface Bar {
  /** Where it begins. */
  left: number;
  /** How long it waited, and ran. */
  waited: number;
  ran: number;
}

const SECOND = 1000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** From the first that anything waited to the last that anything ran; what runs reaches to now. */
export function spanOf(all: readonly Times[], now: number): Span {
  let from = Infinity;
  let to = -Infinity;
  for (const { queued, started, ended, over } of all) {
    const begun = queued ?? started;
    if (begun === null) continue;
    from = Math.min(from, begun);
    to = Math.max(to, ended ?? (over ? (started ?? begun) : now));
  }
  return Number.isFinite(from)
    ? { from, to: Math.max(to, from + SECOND / 100) }
    : { from: now, to: now + SECOND };
}

/** Moments for the head of the chart: round numbers of seconds, minutes or hours since its begin, about so many. */
export function ticksOf({ from, to }: Span, wanted: number): { at: number; label: string }[] {
  const seconds = (to - from) / SECOND;
  const least = seconds / Math.max(1, wanted);
  const fine = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)));
  const step =
    least < 1
      ? ([1, 2, 5, 10].find((times) => fine * times >= least) ?? 10) * fine
      : (STEPS.find((one) => one >= least) ?? Math.ceil(least / 86_400) * 86_400);
  const found: { at: number; label: string }[] = [];
  for (let number = 0; number * step <= seconds * 1.0001; number += 1)
    found.push({ at: ((number * step) / seconds) * 100, label: labelOf(number * step) });
  return found;
}

/** Short, and exact where the tick is: `0`, `30 s`, `5 min`, `1 h 30 min`. */
function labelOf(seconds: number): string {
  if (seconds === 0) return '0';
  if (seconds < 1) return duration(seconds);
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 3600) return seconds % 60 === 0 ? `${seconds / 60} min` : duration(seconds);
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : duration(seconds);
}

/** Null for a step that neither waited nor ran. */
export function barOf({ queued, started, ended, over }: Times, { from, to }: Span, now: number): Bar | null {
  const begun = queued ?? started;
  if (begun === null) return null;
  const all = to - from;
  const end = ended ?? (over ? (started ?? begun) : now);
  const middle = Math.min(started ?? end, end);
  return {
    left: ((begun - from) / all) * 100,
    waited: (Math.max(0, middle - begun) / all) * 100,
    ran: (Math.max(0, end - middle) / all) * 100,
  };
}
