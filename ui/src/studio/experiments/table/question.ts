import { workspace } from '@/kernel/workspace';
import type { Where } from './ask';
import { defaultColumns, specOf, type ColumnSpec, type Direction, type RunColumns } from './columns';
import { toFilter } from './conditions';
import { remembered, remember } from './remembered';
import type { TableSearch } from './state';

export const DIRECTIONS = 'studiolo.metric-directions';
export type Directions = Readonly<Record<string, Direction>>;

/** Which runs an address means. */
export function whereOf({ q, exp, bin, all }: TableSearch): Where {
  return {
    experiments: exp ?? [],
    filter: toFilter(q ?? ''),
    lifecycle: bin ? 'deleted' : 'active',
    top_level: !all && !bin,
  };
}

export function specsOf(columns: readonly string[]): ColumnSpec[] {
  return columns.map(specOf).filter((spec): spec is ColumnSpec => spec !== null);
}

const COLUMNS = 'studiolo.usual-columns';
const KEPT = 20; // choices of experiments
type Kept = Record<string, string[]>;
const keyOf = ({ exp, bin }: TableSearch) => `${workspace()}/${(exp ?? []).join()}${bin ? '/bin' : ''}`;

/** The columns that this table had when it was last looked at, so that rows need not wait for the names of all there are. */
export function usualColumns(search: TableSearch): string[] | undefined {
  return remembered<Kept>(COLUMNS, {})[keyOf(search)];
}

export function keepUsualColumns(search: TableSearch, columns: readonly string[]): void {
  const { [keyOf(search)]: old, ...others } = remembered<Kept>(COLUMNS, {});
  if (old?.join() === columns.join()) return;
  remember(
    COLUMNS,
    Object.fromEntries([...Object.entries(others).slice(1 - KEPT), [keyOf(search), columns]]),
  );
}

/** The columns of a table nobody has arranged yet. */
export function columnsFor(search: TableSearch, known: RunColumns | undefined): string[] {
  return defaultColumns(known, { oneExperiment: search.exp?.length === 1, bin: search.bin ?? false });
}
