import { at } from '@/kernel/workspace';

export const MOST_RUNS = 200; // as the server's

/** The list of runs with these only. */
export function listHref(ids: readonly string[]): string {
  return at(['experiments'], {
    q: `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
    all: true,
  });
}

export function runHref(run: { id: string }): string {
  return at(['experiments', 'runs', run.id]);
}

/** The address where runs stand beside each other. With many of them the page gives the set a short name. */
export function compareHref(ids: readonly string[], more: Record<string, string> = {}): string {
  return at(['experiments', 'compare'], { runs: ids, ...more });
}
