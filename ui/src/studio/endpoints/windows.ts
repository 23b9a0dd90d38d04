import type { Stats } from './queries';

type Window = Stats['windows'][number];
export const WINDOW_S = 10;
const SHORTEST = 30; // windows: a chart of one point says nothing

/** One window after the other until now: those without requests, which the server leaves out, are empty ones. */
export function filled(windows: readonly Window[], now: number): Window[] {
  const step = WINDOW_S * 1000;
  const known = new Map(windows.map((window) => [Math.floor(Date.parse(window.at) / step), window]));
  const last = Math.floor(now / step);
  const first = Math.min(last - SHORTEST + 1, ...known.keys());
  const found: Window[] = [];
  for (let at = first; at <= last; at += 1) {
    found.push(
      known.get(at) ?? {
        at: new Date(at * step).toISOString(),
        requests: 0,
        errors: 0,
        rows: 0,
        p50: 0,
        p95: 0,
        p99: 0,
      },
    );
  }
  return found;
}
