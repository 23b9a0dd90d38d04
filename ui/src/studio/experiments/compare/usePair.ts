import type { View } from './useComparison';

/** The two runs of a line-by-line comparison: as the address says, else the baseline and the first other run in sight. */
export function usePair(view: View): { first: string | undefined; second: string | undefined } {
  const { runs, shown, search, base } = view;
  const inSight = shown.flatMap((index) => runs[index] ?? []);
  const named = (end: string | undefined) => (end ? runs.find((run) => run.id.endsWith(end))?.id : undefined);
  const first = named(search.first) ?? (base === null ? inSight[0]?.id : runs[base]?.id);
  const second = named(search.second) ?? inSight.find((run) => run.id !== first)?.id;
  return { first, second };
}
