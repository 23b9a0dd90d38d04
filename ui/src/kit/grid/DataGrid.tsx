import { useCallbackRef } from '@mantine/hooks';
import {
  columnResizingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowData,
} from '@tanstack/react-table';
import { useMemo, useRef, useState, type MouseEvent } from 'react';
import { GridBody } from './GridBody';
import { GridHead, NARROWEST, WIDEST } from './GridHead';
import { GridTools } from './GridTools';
import { useGridKeys } from './keys';
import { offsetsOf, useWidths } from './widths';
import { compare, parseSort, range, writeSort, type Sorting } from './model';
import type { GridColumn, GridProps } from './types';
import classes from './grid.module.css';

const features = tableFeatures({
  columnVisibilityFeature,
  columnSizingFeature,
  columnResizingFeature,
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
});
export type GridFeatures = typeof features;
const NONE: readonly string[] = [];
const MARK = 36; // width of the selection column

function definitions<T extends RowData>(columns: readonly GridColumn<T>[]): ColumnDef<GridFeatures, T>[] {
  return columns.map((column) => ({
    id: column.id,
    header: column.header,
    accessorFn: (row: T) => column.value(row) ?? undefined,
    sortFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
    sortUndefined: 'last' as const,
    enableSorting: column.sortable !== false,
    sortDescFirst: column.align === 'right',
    size: column.width ?? 140,
    minSize: NARROWEST,
    maxSize: WIDEST,
  }));
}

/** The one table of the studio: virtual rows, sticky head, sort, resize, column picker, keyboard, copy as CSV. */
export function DataGrid<T extends RowData>(props: GridProps<T>) {
  const { rows, columns, rowKey, onSelect, dense } = props;
  const [ownSort, setOwnSort] = useState<string | undefined>(props.sort);
  const [toggled, setToggled] = useState<string[]>([]); // differ from their default, also those that come later
  const [active, setActive] = useState(-1);
  const anchor = useRef<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const reveal = useRef<(index: number) => void>(null);

  const sort = props.onSort ? props.sort : ownSort;
  const sorting = useMemo(() => parseSort(sort), [sort]);
  const byDefault = (column: GridColumn<T>) => column.optional ?? false;
  const ownHidden = columns.filter((c) => byDefault(c) !== toggled.includes(c.id)).map((c) => c.id);
  const hidden = props.onHidden && props.hidden ? props.hidden : ownHidden;
  const hide = (ids: string[]) => {
    if (props.onHidden) props.onHidden(ids);
    else setToggled(columns.filter((c) => byDefault(c) !== ids.includes(c.id)).map((c) => c.id));
  };
  const selected = props.selected ?? NONE;
  const chosen = useMemo(() => new Set(selected), [selected]);
  const defs = useMemo(() => definitions(columns), [columns]);
  const sizing = useWidths(props.widths, props.onWidths);

  const table = useTable({
    features,
    columns: defs,
    data: rows as T[],
    getRowId: rowKey,
    manualSorting: props.sortedByServer ?? false,
    columnResizeMode: 'onChange',
    state: {
      sorting,
      columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])),
      columnSizing: sizing.widths,
    },
    onColumnSizingChange: sizing.change,
    onSortingChange: (next: Sorting | ((old: Sorting) => Sorting)) => {
      const text = writeSort(typeof next === 'function' ? next(sorting) : next);
      if (props.onSort) props.onSort(text);
      else setOwnSort(text);
    },
  });

  const shown = table.getRowModel().rows;
  const gone = hidden.join('\n');
  const visible = useMemo(() => {
    const ids = gone.split('\n');
    return columns.filter((column) => !ids.includes(column.id));
  }, [columns, gone]);
  const height = props.rowHeight ?? (dense ? 32 : 40);
  const { first = 0, onWindow } = props;
  const size = onWindow ? (props.total ?? shown.length) : shown.length;
  const markable = props.selectable ? shown.filter((row) => props.selectable?.(row.original)) : shown;
  const select = (key: string, withShift: boolean) => {
    if (!onSelect) return;
    const between =
      props.keysBetween ??
      ((from: string, to: string) =>
        range(
          shown.map((row) => row.id),
          from,
          to,
        ));
    const span = withShift && anchor.current ? between(anchor.current, key) : [key];
    const on = !chosen.has(key);
    anchor.current = key;
    onSelect(on ? [...new Set([...selected, ...span])] : selected.filter((other) => !span.includes(other)));
  };
  const { open, onKeyDown, copy } = useGridKeys({
    ...props,
    visible,
    chosen,
    shown,
    first,
    size,
    active,
    setActive,
    select,
    scrollTo: (i) => reveal.current?.(i),
  });

  const widthOf = (id: string) => table.getColumn(id)?.getSize() ?? 140;
  const edges = offsetsOf(
    visible.slice(0, props.pinned ?? 0).map((column) => widthOf(column.id)),
    onSelect ? MARK : 0,
  ).join(',');
  const left = useMemo(() => (edges ? edges.split(',').map(Number) : []), [edges]);
  // rows are drawn again only when they change: what they call stays the same while a list is scrolled
  const onMark = useCallbackRef(select);
  const onRow = useCallbackRef((index: number, row: T, event: MouseEvent) => {
    setActive(index);
    open(row, event);
  });
  const grows = visible.some((column, index) => column.grow && index >= left.length);
  const template = [
    ...(onSelect ? [`${MARK}px`] : []),
    ...visible.map((column, index) => {
      const width = widthOf(column.id);
      const grow = index >= left.length && (column.grow || (!grows && index === visible.length - 1));
      return grow ? `minmax(${width}px, 1fr)` : `${width}px`;
    }),
  ].join(' ');

  return (
    <div className={classes.frame}>
      <GridTools
        columns={columns}
        hidden={hidden}
        onHidden={hide}
        onCopy={() => void copy()}
        toolbar={props.toolbar}
        loaded={rows.length}
        total={props.total}
        summary={props.summary}
        windowed={Boolean(onWindow)}
        partly={
          !props.sortedByServer &&
          sorting.length > 0 &&
          (props.hasMore ?? (!onWindow && (props.total ?? 0) > rows.length))
        }
        picker={props.picker}
        selected={selected.length}
      />
      <div
        ref={scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={(props.total ?? shown.length) + 1}
        aria-multiselectable={onSelect ? true : undefined}
        aria-activedescendant={
          active >= 0 && shown[active - first] ? `row-${shown[active - first]?.id}` : undefined
        }
        tabIndex={0}
        className={classes.scroller}
        style={{ ['--cols' as string]: template, maxHeight: props.maxHeight ?? 'calc(100dvh - 232px)' }}
        onKeyDown={onKeyDown}
      >
        <GridHead
          ref={head}
          table={table}
          columns={visible}
          left={left}
          markAll={
            onSelect
              ? {
                  checked: markable.length > 0 && markable.every((row) => chosen.has(row.id)),
                  some: selected.length > 0,
                  toggle: (on) => onSelect(on ? markable.map((row) => row.id) : []),
                }
              : undefined
          }
        />
        <GridBody
          scroller={scroller}
          head={head}
          reveal={reveal}
          shown={shown}
          first={first}
          size={size}
          height={height}
          width={(onSelect ? MARK : 0) + visible.reduce((sum, column) => sum + widthOf(column.id), 0)}
          columns={visible}
          left={left}
          active={active}
          chosen={onSelect ? chosen : null}
          highlight={props.highlight}
          faded={props.faded}
          selectable={props.selectable}
          href={props.href}
          onWindow={onWindow}
          onEnd={props.onEnd}
          listKey={props.listKey}
          onRow={onRow}
          onMark={onMark}
        />
      </div>
      {/* beside the grid: a grid may hold rows only */}
      {size === 0 ? <div className={classes.none}>{props.empty ?? 'No rows'}</div> : null}
    </div>
  );
}
