import { Checkbox } from '@mantine/core';
import type { ReactTable, RowData } from '@tanstack/react-table';
import type { Ref } from 'react';
import { IconDown, IconUp } from '../icons';
import type { GridFeatures } from './DataGrid';
import type { GridColumn } from './types';
import classes from './grid.module.css';

const STEP = 16;
const WIDER: Readonly<Record<string, number>> = { ArrowLeft: -STEP, ArrowRight: STEP };
export const NARROWEST = 48;
export const WIDEST = 900;

interface Props<T extends RowData> {
  ref: Ref<HTMLDivElement>;
  table: ReactTable<GridFeatures, T>;
  columns: readonly GridColumn<T>[];
  /** Left edges of the columns that stay. */
  left: readonly number[];
  markAll?: { checked: boolean; some: boolean; toggle: (on: boolean) => void } | undefined;
}

export function GridHead<T extends RowData>({ ref, table, columns, left, markAll }: Props<T>) {
  const widen = (id: string, width: number) =>
    table.setColumnSizing((old) => ({ ...old, [id]: Math.min(WIDEST, Math.max(NARROWEST, width)) }));
  const headers = new Map(table.getFlatHeaders().map((header) => [header.column.id, header]));
  return (
    <div ref={ref} role="rowgroup" className={classes.head}>
      <div role="row" className={classes.headRow}>
        {markAll ? (
          <div
            role="columnheader"
            className={classes.mark}
            data-pinned={left.length > 0 || undefined}
            style={{ left: 0 }}
          >
            <Checkbox
              size="xs"
              aria-label="Select all rows"
              checked={markAll.checked}
              indeterminate={markAll.some && !markAll.checked}
              onChange={(event) => markAll.toggle(event.currentTarget.checked)}
            />
          </div>
        ) : null}
        {columns.map((column, index) => {
          const header = headers.get(column.id);
          const order = header?.column.getIsSorted() ?? false;
          const aria = order === 'asc' ? 'ascending' : order === 'desc' ? 'descending' : undefined;
          return (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={aria}
              className={classes.headCell}
              data-align={column.align}
              data-pinned={index < left.length || undefined}
              style={index < left.length ? { left: left[index] } : undefined}
            >
              {header?.column.getCanSort() ? (
                <button
                  type="button"
                  onClick={header.column.getToggleSortingHandler()}
                  onKeyDown={(event) => {
                    const by = event.shiftKey ? WIDER[event.key] : undefined;
                    if (by === undefined) return;
                    event.preventDefault();
                    widen(column.id, header.column.getSize() + by);
                  }}
                  title="Sort; hold Shift to sort by several columns. Shift and an arrow key change the width"
                >
                  <span>{column.header}</span>
                  {order === 'asc' ? <IconUp size={12} aria-hidden /> : null}
                  {order === 'desc' ? <IconDown size={12} aria-hidden /> : null}
                </button>
              ) : (
                <span className={classes.headText}>{column.header}</span>
              )}
              {column.sub ? <div className={classes.sub}>{column.sub}</div> : null}
              {header ? (
                <span
                  aria-hidden
                  className={classes.handle}
                  onMouseDown={header.getResizeHandler()}
                  onTouchStart={header.getResizeHandler()}
                  onDoubleClick={() => header.column.resetSize()}
                />
              ) : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
