export interface MetricGroup {
  /** What is before the last slash of the names; empty for names without one. */
  name: string;
  keys: string[];
}

export const SYSTEM = 'system/';

/** Metrics by the part of their name before the last slash, in order of name; names without one first. */
export function groupsOf(keys: readonly string[]): MetricGroup[] {
  const groups = new Map<string, string[]>();
  for (const key of [...keys].sort(byName)) {
    const cut = key.lastIndexOf('/');
    const name = cut > 0 ? key.slice(0, cut) : '';
    groups.set(name, [...(groups.get(name) ?? []), key]);
  }
  return [...groups]
    .map(([name, members]) => ({ name, keys: members }))
    .sort((a, b) => byName(a.name, b.name));
}

/** `layer2` before `layer10`. */
function byName(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** A range of the x axis in an address: "120~4000". */
export function readRange(text: string | undefined): [number, number] | null {
  const parts = (text ?? '').split('~').map(Number);
  const [low, high] = parts;
  return parts.length === 2 && low !== undefined && high !== undefined && low < high ? [low, high] : null;
}

export function writeRange(range: readonly [number, number] | null): string | undefined {
  if (!range) return undefined;
  const digits = range[1] - range[0] < 1 ? 6 : 3;
  return `${Number(range[0].toFixed(digits))}~${Number(range[1].toFixed(digits))}`;
}
