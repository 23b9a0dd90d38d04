import type { Column, Condition } from './types';

/** What stands in the address: filters and orders as short JSON, so that any name and value survives it. */
export function readFilter(text: string | undefined): Condition[] {
  if (!text) return [];
  try {
    const found = JSON.parse(text) as unknown;
    return Array.isArray(found) ? (found as Condition[]).filter((one) => one.column && one.op) : [];
  } catch {
    return [];
  }
}

export function writeFilter(filter: readonly Condition[]): string | undefined {
  if (filter.length === 0) return undefined;
  const short = filter.map(({ column, op, values, min, max }) => ({
    column,
    op,
    ...(values?.length ? { values } : {}),
    ...(min == null ? {} : { min }),
    ...(max == null ? {} : { max }),
  }));
  return JSON.stringify(short);
}

export function readNames(text: string | undefined): string[] {
  if (!text) return [];
  try {
    const found = JSON.parse(text) as unknown;
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

export const writeNames = (names: readonly string[]) =>
  names.length > 0 ? JSON.stringify(names) : undefined;

/** A column's condition replaced, or taken away. */
export function withCondition(
  filter: readonly Condition[],
  column: string,
  next: Condition | undefined,
): Condition[] {
  const others = filter.filter((one) => one.column !== column);
  return next ? [...others, next] : others;
}

/** The order after a click on a head: up, down, none; with shift beside the others. */
export function sortedBy(sort: readonly string[], column: string, beside: boolean): string[] {
  const others = beside ? sort.filter((one) => one !== column && one !== `-${column}`) : [];
  if (sort.includes(column)) return [...others, `-${column}`];
  return sort.includes(`-${column}`) ? others : [...others, column];
}

/** Columns as they are shown: pinned first, hidden left out. */
export function shownColumns(
  columns: readonly Column[],
  hidden: readonly string[],
  pinned: readonly string[],
): Column[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  const first = pinned.flatMap((name) => byName.get(name) ?? []);
  const rest = columns.filter((column) => !pinned.includes(column.name));
  return [...first, ...rest].filter((column) => !hidden.includes(column.name));
}

const SHORT = 24;
const short = (value: unknown) => {
  const text = String(value);
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
};

/** A condition in words, for its chip. */
export function words(one: Condition): string {
  const values = (one.values ?? []).slice(0, 3).map(short).join(', ');
  const more = (one.values?.length ?? 0) > 3 ? ` and ${(one.values?.length ?? 0) - 3} more` : '';
  switch (one.op) {
    case 'missing':
      return `${one.column} is missing`;
    case 'present':
      return `${one.column} is there`;
    case 'contains':
      return `${one.column} contains “${values}”`;
    case 'in':
      return `${one.column} is ${values}${more}`;
    case 'not_in':
      return `${one.column} is not ${values}${more}`;
    default:
      if (one.min == null) return `${one.column} ≤ ${short(one.max)}`;
      return one.max == null
        ? `${one.column} ≥ ${short(one.min)}`
        : `${one.column} from ${short(one.min)} to ${short(one.max)}`;
  }
}
