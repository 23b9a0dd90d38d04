import { useMemo } from 'react';
import { parseSort } from '@/kit/grid/model';
import { askGroupsAhead, groupsOf, ordersOf, runsOf, type Where } from './ask';
import { specOf, wantedOf, type RunColumns } from './columns';
import { keyed } from './conditions';
import { columnsFor, specsOf, usualColumns, whereOf, type Directions } from './question';
import type { TableSearch } from './state';
import type { TableRow } from './tree';

/** What is asked of the server for an address: which runs, in which order, with which columns, in which groups. */
export function useQuestion(
  search: TableSearch,
  /** Names that runs of these very experiments have, once they are known. */
  known: RunColumns | undefined,
  directions: Directions,
) {
  const { q, exp, all, bin, sort, group, cols } = search;
  const experiments = useMemo(() => exp ?? [], [exp]);
  const usual = useMemo(() => usualColumns({ exp, bin }), [exp, bin]);
  // the same columns are the same question, wherever they come from
  const chosen = JSON.stringify(cols ?? (known ? null : usual) ?? columnsFor({ exp, bin }, known));
  const columns = useMemo(() => JSON.parse(chosen) as string[], [chosen]);
  const specs = useMemo(() => specsOf(columns), [columns]);
  const where = useMemo(() => whereOf({ q, exp, bin, all }), [q, exp, bin, all]);
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
  return { experiments, usual: Boolean(usual), columns, specs, where, orders, wanted, by, fetch, below };
}

/** `p.depth` as the grammar names it; what has no family is an attribute. */
export function groupKey(id: string): string {
  if (id.startsWith('p.')) return `params.${keyed(id.slice(2))}`;
  if (id.startsWith('t.')) return `tags.${keyed(id.slice(2))}`;
  return `attributes.${id}`;
}

/** Ask for the groups of an address that is about to be gone to. */
export function warmGroups(search: TableSearch): void {
  if (search.group?.length && !search.sort)
    askGroupsAhead(whereOf(search), search.group.map(groupKey), groupOrder(undefined, []));
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
