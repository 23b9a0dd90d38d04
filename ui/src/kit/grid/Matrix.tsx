import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import classes from './matrix.module.css';

export interface MatrixRow {
  id: string;
  /** Rows without a head of their own start a group. */
  group?: string;
  head: ReactNode;
  tone?: 'base' | undefined;
}

export interface MatrixColumn {
  id: string;
  head: ReactNode;
}

interface Props {
  label: string;
  rows: readonly MatrixRow[];
  columns: readonly MatrixColumn[];
  cell: (row: number, column: number) => ReactNode;
  /** Id of the column that stays beside the heads. */
  pinned?: string | undefined;
  corner?: ReactNode;
  onOpen?: (row: number, column: number) => void;
  rowHeight?: number;
  headHeight?: number;
  columnWidth?: number;
  headWidth?: number;
  maxHeight?: string;
}

/** A table that is long in both directions: only what is seen is there, heads and a pinned column stay. */
export function Matrix(props: Props) {
  const { label, rows, columns, cell, pinned, corner, onOpen } = props;
  const { rowHeight = 32, headHeight = 48, columnWidth = 160, headWidth = 220 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<[number, number] | null>(null);
  const pin = pinned === undefined ? -1 : columns.findIndex((column) => column.id === pinned);
  const order = columns.map((_, index) => index).filter((index) => index !== pin);
  const left = headWidth + (pin >= 0 ? columnWidth : 0);
  const down = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    scrollPaddingStart: headHeight,
  });
  const across = useVirtualizer({
    horizontal: true,
    count: order.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => columnWidth,
    overscan: 2,
    scrollPaddingStart: left,
  });
  useEffect(() => {
    down.measure();
    across.measure();
  }, [down, across, rowHeight, columnWidth, rows.length, order.length]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const [row, column] = active ?? [-1, 0];
    const steps: Record<string, [number, number]> = {
      ArrowDown: [row + 1, column],
      ArrowUp: [row - 1, column],
      ArrowRight: [Math.max(row, 0), column + 1],
      ArrowLeft: [Math.max(row, 0), column - 1],
      PageDown: [row + 12, column],
      PageUp: [row - 12, column],
      Home: [row, 0],
      End: [row, order.length - 1],
    };
    const to = steps[event.key];
    if (to) {
      event.preventDefault();
      const next: [number, number] = [clamp(to[0], rows.length), clamp(to[1], order.length)];
      setActive(next);
      down.scrollToIndex(next[0]);
      across.scrollToIndex(next[1]);
    } else if (event.key === 'Enter' && active) onOpen?.(active[0], order[active[1]] ?? 0);
  };

  const cells = across.getVirtualItems();
  const width = left + across.getTotalSize();
  const columnHead = (index: number, style: React.CSSProperties, className: string | undefined) => (
    <div
      key={columns[index]?.id}
      role="columnheader"
      aria-colindex={index + 2}
      className={className}
      style={{ ...style, width: columnWidth, height: headHeight }}
    >
      {columns[index]?.head}
    </div>
  );
  const one = (
    row: number,
    index: number,
    style: React.CSSProperties,
    className: string | undefined,
    on: boolean,
  ) => (
    <div
      key={columns[index]?.id}
      id={on ? `${label}-active` : undefined}
      role="gridcell"
      aria-colindex={index + 2}
      className={className}
      data-active={on || undefined}
      style={{ ...style, width: columnWidth, height: rowHeight }}
      onClick={onOpen ? () => onOpen(row, index) : undefined}
    >
      {cell(row, index)}
    </div>
  );

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      aria-colcount={columns.length + 1}
      aria-activedescendant={active ? `${label}-active` : undefined}
      tabIndex={0}
      className={classes.scroller}
      style={{ maxHeight: props.maxHeight ?? 'calc(100dvh - 300px)' }}
      onKeyDown={onKeyDown}
    >
      <div role="row" aria-rowindex={1} className={classes.top} style={{ width, height: headHeight }}>
        <div
          role="columnheader"
          aria-colindex={1}
          className={classes.corner}
          style={{ width: headWidth, height: headHeight }}
        >
          {corner}
        </div>
        {pin >= 0 ? columnHead(pin, { left: headWidth }, classes.pinnedHead) : null}
        {cells.map((item) =>
          columnHead(order[item.index] ?? 0, { left: left + item.start }, classes.columnHead),
        )}
      </div>
      <div role="rowgroup" className={classes.body} style={{ height: down.getTotalSize(), width }}>
        {down.getVirtualItems().map((line) => {
          const row = rows[line.index];
          if (!row) return null;
          return (
            <div
              key={row.id}
              role="row"
              aria-rowindex={line.index + 2}
              className={classes.row}
              data-tone={row.tone}
              data-group={row.group ? true : undefined}
              style={{ top: line.start, height: rowHeight, width }}
            >
              <div
                role="rowheader"
                aria-colindex={1}
                className={classes.rowHead}
                style={{ width: headWidth, height: rowHeight }}
              >
                {row.head}
              </div>
              {row.group ? null : (
                <>
                  {pin >= 0 ? one(line.index, pin, { left: headWidth }, classes.pinned, false) : null}
                  {cells.map((item) =>
                    one(
                      line.index,
                      order[item.index] ?? 0,
                      { left: left + item.start },
                      classes.cell,
                      active?.[0] === line.index && active[1] === item.index,
                    ),
                  )}
                </>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function clamp(value: number, many: number): number {
  return Math.min(many - 1, Math.max(0, value));
}
