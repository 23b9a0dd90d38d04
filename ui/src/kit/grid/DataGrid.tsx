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
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { GridHead } from './GridHead';
import { GridRow } from './GridRow';
import { GridTools } from './GridTools';
import { useGridKeys } from './keys';
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
    minSize: 48,
    maxSize: 900,
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

  const table = useTable({
    features,
    columns: defs,
    data: rows as T[],
    getRowId: rowKey,
    manualSorting: props.sortedByServer ?? false,
    columnResizeMode: 'onChange',
    state: { sorting, columnVisibility: Object.fromEntries(hidden.map((id) => [id, false])) },
    onSortingChange: (next: Sorting | ((old: Sorting) => Sorting)) => {
      const text = writeSort(typeof next === 'function' ? next(sorting) : next);
      if (props.onSort) props.onSort(text);
      else setOwnSort(text);
    },
  });

  const shown = table.getRowModel().rows;
  const visible = columns.filter((column) => !hidden.includes(column.id));
  const height = props.rowHeight ?? (dense ? 32 : 40);
  const keyOf = useCallback((index: number) => shown[index]?.id ?? index, [shown]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: keyOf,
    scrollPaddingEnd: 40, // the sticky head covers as much
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? 0;
  const nearEnd = shown.length > 0 && lastIndex >= shown.length - 20;
  const { onEnd } = props;
  useEffect(() => {
    if (nearEnd) onEnd?.();
  }, [nearEnd, onEnd, shown.length]);

  const select = (key: string, withShift: boolean) => {
    if (!onSelect) return;
    const keys = shown.map((row) => row.id);
    const span = withShift && anchor.current ? range(keys, anchor.current, key) : [key];
    const on = !chosen.has(key);
    anchor.current = key;
    onSelect(on ? [...new Set([...selected, ...span])] : selected.filter((other) => !span.includes(other)));
  };
  const { open, onKeyDown, copy } = useGridKeys({
    ...props,
    visible,
    chosen,
    shown,
    active,
    setActive,
    select,
    scrollTo: (i) => virtual.scrollToIndex(i),
  });

  const grows = visible.some((column) => column.grow);
  const template = [
    ...(onSelect ? [`${MARK}px`] : []),
    ...visible.map((column, index) => {
      const size = table.getColumn(column.id)?.getSize() ?? 140;
      const grow = column.grow || (!grows && index === visible.length - 1);
      return grow ? `minmax(${size}px, 1fr)` : `${size}px`;
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
        selected={selected.length}
      />
      <div
        ref={scroller}
        role="grid"
        aria-label={props.label}
        aria-rowcount={(props.total ?? shown.length) + 1}
        aria-multiselectable={onSelect ? true : undefined}
        aria-activedescendant={active >= 0 && shown[active] ? `row-${shown[active].id}` : undefined}
        tabIndex={0}
        className={classes.scroller}
        style={{ ['--cols' as string]: template, maxHeight: props.maxHeight ?? 'calc(100dvh - 232px)' }}
        onKeyDown={onKeyDown}
      >
        <GridHead
          table={table}
          columns={visible}
          markAll={
            onSelect
              ? {
                  checked: shown.length > 0 && shown.every((row) => chosen.has(row.id)),
                  some: selected.length > 0,
                  toggle: (on) => onSelect(on ? shown.map((row) => row.id) : []),
                }
              : undefined
          }
        />
        <div role="rowgroup" className={classes.body} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = shown[item.index];
            return row ? (
              <GridRow
                key={row.id}
                id={row.id}
                row={row.original}
                columns={visible}
                index={item.index}
                top={item.start}
                height={height}
                active={item.index === active}
                highlight={props.highlight?.(row.original) ?? false}
                selected={onSelect ? chosen.has(row.id) : undefined}
                href={props.href?.(row.original)}
                onClick={(event) => {
                  setActive(item.index);
                  open(row.original, event);
                }}
                onSelect={(withShift) => select(row.id, withShift)}
              />
            ) : null;
          })}
        </div>
      </div>
      {/* beside the grid: a grid may hold rows only */}
      {shown.length === 0 ? <div className={classes.none}>{props.empty ?? 'No rows'}</div> : null}
    </div>
  );
}
