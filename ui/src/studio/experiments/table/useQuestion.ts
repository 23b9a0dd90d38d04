import { useMemo } from 'react';
import { parseSort } from '@/kit/grid/model';
import { groupsOf, ordersOf, runsOf, type Where } from './ask';
import {
  defaultColumns,
  specOf,
  wantedOf,
  type ColumnSpec,
  type Direction,
  type RunColumns,
} from './columns';
import { keyed, toFilter } from './conditions';
import type { TableSearch } from './state';
import type { TableRow } from './tree';

/** What is asked of the server for an address: which runs, in which order, with which columns, in which groups. */
export function useQuestion(
  search: TableSearch,
  known: RunColumns | undefined,
  directions: Readonly<Record<string, Direction>>,
) {
  const { q, exp, all, bin, sort, group, cols } = search;
  const experiments = useMemo(() => exp ?? [], [exp]);
  const columns = useMemo(
    () => cols ?? defaultColumns(known, { oneExperiment: experiments.length === 1, bin: bin ?? false }),
    [cols, known, experiments, bin],
  );
  const specs = useMemo(
    () => columns.map(specOf).filter((spec): spec is ColumnSpec => spec !== null),
    [columns],
  );
  const where = useMemo<Where>(
    () => ({
      experiments,
      filter: toFilter(q ?? ''),
      lifecycle: bin ? 'deleted' : 'active',
      top_level: !all && !bin,
    }),
    [experiments, q, bin, all],
  );
  const orders = useMemo(() => ordersOf(sort, directions), [sort, directions]);
  const wanted = useMemo(() => wantedOf(specs), [specs]);
  const by = useMemo(() => (group ?? []).map(groupKey), [group]);
  const fetch = useMemo(() => {
    if (by.length === 0) return runsOf(where, orders, wanted);
    const metrics = [...new Set(specs.filter((spec) => spec.family === 'metric').map((spec) => spec.key))];
    return groupsOf(where, by, metrics, groupOrder(sort, metrics));
  }, [where, orders, wanted, by, specs, sort]);
  const below = useMemo(
    () =>
      (row: TableRow): Where | null => {
        if (row.kind === 'group')
          return { ...where, filter: [where.filter, row.group.filter].filter(Boolean).join(' AND ') };
        return row.kind === 'run' ? { ...where, filter: '', top_level: false, parent_id: row.key } : null;
      },
    [where],
  );
  return { experiments, columns, specs, where, orders, wanted, by, fetch, below };
}

/** `p.depth` as the grammar names it; what has no family is an attribute. */
export function groupKey(id: string): string {
  if (id.startsWith('p.')) return `params.${keyed(id.slice(2))}`;
  if (id.startsWith('t.')) return `tags.${keyed(id.slice(2))}`;
  return `attributes.${id}`;
}

/** Groups are sorted by their value, their size, or the mean of a metric. */
function groupOrder(sort: string | undefined, metrics: readonly string[]): string {
  const [first] = parseSort(sort);
  if (!first) return 'count DESC';
  const way = first.desc ? 'DESC' : 'ASC';
  const spec = specOf(first.id);
  if (spec?.family === 'metric' && metrics.includes(spec.key))
    return `mean(metrics.${keyed(spec.key)}) ${way}`;
  return spec?.key === 'name' ? `value ${way}` : 'count DESC';
}
