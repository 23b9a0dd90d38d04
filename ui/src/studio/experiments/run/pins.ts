const KEY = 'studiolo-pinned-metrics';

/** Metrics that a person pinned to the top, by name: the same on every run, since names recur from run to run. */
export function rememberedPins(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter((name): name is string => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberPins(names: readonly string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(names));
  } catch {
    // a browser without storage forgets them; the address still has them
  }
}
