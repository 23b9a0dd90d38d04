import { Text } from '@mantine/core';
import { showNotification } from '@mantine/notifications';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import { count, counted, glance } from '@/kernel/format';
import { ErrorState } from '@/kit/ErrorState';
import { NoMatch } from '@/kit/EmptyState';
import { Sheet, type SheetColumn } from '@/kit/grid/Sheet';
import { toTsv, type Area } from '@/kit/grid/sheet';
import { ProgressBar } from '@/kit/ProgressBar';
import { ColumnHead } from './ColumnHead';
import { FilterChips } from './FilterChips';
import { shownColumns, sortedBy, withCondition } from './look';
import { address, summaries } from './queries';
import { TableTools } from './TableTools';
import { useRows } from './useRows';
import { isNumber, type Column, type ColumnSummary, type Condition, type Place } from './types';
import { ValueDrawer } from './ValueDrawer';
import classes from './explore.module.css';

export interface TableState {
  filter: Condition[];
  sort: string[];
  hidden: string[];
  pinned: string[];
  /** The row gone to, from 1. */
  row: number | undefined;
}

interface Props {
  place: Place;
  label: string;
  columns: readonly Column[];
  rows: number;
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  /** Known of the whole table, by name; what is not known is asked for. */
  known?: ReadonlyMap<string, ColumnSummary> | undefined;
  knownRows?: number | undefined;
  /** The first rows as they stand, shown until the table itself answers. */
  first?: { columns: readonly string[]; rows: readonly unknown[][] } | undefined;
  height: string;
  tools?: React.ReactNode;
}

const HEAD = 82;
const COPIED = 20_000; // cells

/** Any table, whole: rows at any place, heads that say what a column holds, filters, order, copy. */
export function ExploreTable(props: Props) {
  const { place, columns, state, onState } = props;
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [opened, setOpened] = useState<[number, number] | null>(null);
  const shown = useMemo(
    () => shownColumns(columns, state.hidden, state.pinned),
    [columns, state.hidden, state.pinned],
  );
  const names = useMemo(() => shown.map((column) => column.name), [shown]);
  const held = shown.filter((column) => state.pinned.includes(column.name)).length;
  const look = useMemo(() => ({ filter: state.filter, sort: state.sort }), [state.filter, state.sort]);
  const data = useRows(place, look, names, held);
  const total = data.total ?? props.rows;
  const waiting = data.waiting;

  const seen = useMemo(() => {
    const [from, to] = data.window.columns;
    const part = names.slice(Math.floor(Math.max(0, from - 1) / 20) * 20, Math.ceil(to / 20) * 20);
    return [...new Set([...names.slice(0, held), ...part])].slice(0, 60);
  }, [names, held, data.window.columns]);
  const asked = seen.filter((name) => !props.known?.has(name));
  const whole = useQuery(summaries(place, [], asked));
  const base = useMemo(() => {
    const found = new Map(props.known ?? []);
    for (const one of whole.data?.columns ?? []) if (!found.has(one.name)) found.set(one.name, one);
    return found;
  }, [whole.data, props.known]);
  const ranges = useMemo(
    () =>
      Object.fromEntries(
        seen.flatMap((name) => {
          const edges = base.get(name)?.histogram?.edges;
          return edges && edges.length > 1 ? [[name, [edges[0], edges.at(-1)] as [number, number]]] : [];
        }),
      ) as Record<string, [number, number]>,
    [seen, base],
  );
  const some = useQuery({
    ...summaries(place, state.filter, seen, ranges),
    enabled: state.filter.length > 0 && seen.length > 0,
  });
  const narrowed = useMemo(
    () => new Map(state.filter.length > 0 ? some.data?.columns?.map((one) => [one.name, one]) : []),
    [some.data, state.filter],
  );

  const setFilter = (name: string, next: Condition | undefined) =>
    onState({ filter: withCondition(state.filter, name, next), row: undefined });
  const toggle = (list: string[], name: string) =>
    list.includes(name) ? list.filter((one) => one !== name) : [...list, name];
  const sheetColumns: SheetColumn[] = [
    {
      id: '#',
      width: Math.max(56, count(props.rows).length * 8 + 24),
      head: <Text size="xs">Row</Text>,
      align: 'right',
    },
    ...shown.map((column): SheetColumn => {
      const order = state.sort.includes(column.name)
        ? ('ascending' as const)
        : state.sort.includes(`-${column.name}`)
          ? ('descending' as const)
          : undefined;
      const known = narrowed.get(column.name);
      const looked = known
        ? (some.data?.rows ?? 0)
        : props.known?.has(column.name)
          ? (props.knownRows ?? 0)
          : (whole.data?.rows ?? 0);
      return {
        id: column.name,
        width: widths[column.name] ?? widthOf(column),
        align: isNumber(column.type) ? 'right' : undefined,
        sort: order,
        head: (
          <ColumnHead
            column={column}
            summary={known ?? base.get(column.name)}
            whole={base.get(column.name)}
            stale={state.filter.length > 0 && !known}
            looked={looked}
            order={order}
            pinned={state.pinned.includes(column.name)}
            condition={state.filter.find((one) => one.column === column.name)}
            onSort={(beside) => onState({ sort: sortedBy(state.sort, column.name, beside), row: undefined })}
            onFilter={(next) => setFilter(column.name, next)}
            onPin={() => onState({ pinned: toggle(state.pinned, column.name) })}
            onHide={() => onState({ hidden: toggle(state.hidden, column.name) })}
          />
        ),
      };
    }),
  ];

  const plain = state.filter.length === 0 && state.sort.length === 0;
  const early = (row: number, name: string): unknown => {
    const at = plain ? (props.first?.columns.indexOf(name) ?? -1) : -1;
    return at < 0 ? undefined : props.first?.rows[row]?.[at];
  };
  const cell = (row: number, column: number) => {
    if (column === 0) {
      const number = data.numberOf(row) ?? (plain ? row : undefined);
      return number === undefined ? undefined : count(number + 1);
    }
    const own = data.value(row, column - 1);
    const value = own === undefined ? early(row, names[column - 1] ?? '') : own;
    if (value === undefined) return undefined;
    if (value === null) return <span className={classes.missing}>missing</span>;
    if (value === '') return <span className={classes.missing}>empty</span>;
    return cellText(value);
  };
  const copy = async ({ rows: [r1, r2], columns: [c1, c2] }: Area) => {
    const most = Math.min(r2, r1 + Math.floor(COPIED / (c2 - c1 + 1)) - 1);
    const lines = [];
    for (let row = r1; row <= most; row++) {
      const line = [];
      for (let column = c1; column <= c2; column++) line.push(data.value(row, column - 1));
      if (line.some((value) => value !== undefined)) lines.push(line);
    }
    const many = lines.length > 1 || c2 > c1;
    const heads = many ? [names.slice(c1 - 1, c2)] : [];
    await navigator.clipboard.writeText(toTsv([...heads, ...lines]));
    const part = lines.length < r2 - r1 + 1 ? ' that are loaded' : '';
    showNotification({
      message: many ? `${counted(lines.length, 'row')}${part} copied` : 'Value copied',
      autoClose: 2000,
    });
  };
  const target = useMemo(() => (state.row ? { row: state.row - 1 } : undefined), [state.row]);
  const close = useCallback(() => setOpened(null), []);

  return (
    <div>
      <TableTools
        columns={columns}
        state={state}
        onState={onState}
        total={data.total}
        tableRows={data.tableRows ?? props.rows}
        tools={props.tools}
      />
      <FilterChips filter={state.filter} onRemove={(name) => setFilter(name, undefined)} />
      <div style={{ marginTop: 8, minHeight: waiting ? 46 : 0 }}>
        {waiting ? (
          <ProgressBar
            name="Table"
            done={waiting.progress ?? 0}
            total={1}
            unit={(share) => `${Math.round(share * 100)}%`}
            label={waiting.label}
          />
        ) : null}
      </div>
      {data.error ? (
        <ErrorState error={data.error} onRetry={data.retry} inline />
      ) : data.total === 0 && state.filter.length > 0 ? (
        <NoMatch hidden={props.rows} onClear={() => onState({ filter: [] })} />
      ) : (
        <Sheet
          label={props.label}
          rows={total}
          columns={sheetColumns}
          pinned={1 + held}
          headHeight={HEAD}
          height={props.height}
          cell={cell}
          onWindow={data.onWindow}
          onOpen={(row, column) => setOpened([row, column])}
          onCopy={(area) => void copy(area)}
          onWidth={(id, width) => setWidths((old) => ({ ...old, [id]: width }))}
          listKey={`${address(place)} ${JSON.stringify(look)}`}
          target={target}
          busy={waiting !== undefined}
        />
      )}
      <ValueDrawer
        place={place}
        column={opened ? shown[opened[1] - 1] : undefined}
        number={opened ? data.numberOf(opened[0]) : undefined}
        onClose={close}
      />
    </div>
  );
}

/** What values of a type, and the ends of their distribution in the head, need. */
const LEAST: Record<string, number> = { text: 170, json: 170, date: 190, datetime: 250 };

function widthOf(column: Column): number {
  return Math.min(280, Math.max(LEAST[column.type] ?? 140, column.name.length * 7 + 72));
}

/** A cell on one line; fractions with as many digits as can be told apart at a glance, all of them in the drawer. */
function cellText(value: unknown): string {
  if (typeof value === 'number') return glance(value);
  return String(value).replaceAll(/[\n\r\t]+/g, ' ⏎ ');
}
