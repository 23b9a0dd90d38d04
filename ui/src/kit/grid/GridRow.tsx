import type { RowData } from '@tanstack/react-table';
import { memo, type MouseEvent, type ReactNode } from 'react';
import { Link } from '../Link';
import { Tick } from '../Tick';
import type { GridColumn } from './types';
import classes from './grid.module.css';

interface Props<T extends RowData> {
  id: string;
  row: T;
  columns: readonly GridColumn<T>[];
  index: number;
  height: number;
  active: boolean;
  highlight: boolean;
  faded: boolean;
  selected: boolean | undefined;
  markable: boolean;
  left: readonly number[];
  href: string | undefined;
  onRow: (index: number, row: T, event: MouseEvent) => void;
  onMark: (key: string, withShift: boolean) => void;
}

/** A row; drawn again only when something of it changes. */
export const GridRow = memo(Row) as typeof Row;

function Row<T extends RowData>(props: Props<T>) {
  const { id, row, columns, index, href, selected, left } = props;
  return (
    <div
      role="row"
      id={`row-${id}`}
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-active={props.active || undefined}
      data-highlight={props.highlight || undefined}
      data-faded={props.faded || undefined}
      data-opens={href ? true : undefined}
      className={classes.row}
      style={{ top: index * props.height, height: props.height }}
      onClick={(event) => props.onRow(index, row, event)}
    >
      {selected === undefined ? null : (
        <div
          role="gridcell"
          className={classes.mark}
          data-pinned={left.length > 0 || undefined}
          style={{ left: 0 }}
        >
          {props.markable ? (
            <Tick
              label="Select row"
              tabIndex={-1}
              checked={selected}
              onClick={(event) => {
                event.stopPropagation();
                props.onMark(id, event.shiftKey);
              }}
            />
          ) : null}
        </div>
      )}
      {columns.map((column, position) => {
        const content: ReactNode = column.cell ? column.cell(row) : plain(column.value(row));
        return (
          <div
            key={column.id}
            role="gridcell"
            className={classes.cell}
            data-align={column.align}
            data-pinned={position < left.length || undefined}
            style={position < left.length ? { left: left[position] } : undefined}
          >
            {position === 0 && href ? (
              <Link href={href} tabIndex={-1} className={classes.first ?? ''}>
                {content}
              </Link>
            ) : (
              content
            )}
          </div>
        );
      })}
    </div>
  );
}

function plain(value: string | number | boolean | null | undefined): ReactNode {
  if (value === null || value === undefined) return <span className={classes.missing}>–</span>;
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value;
}
