import type { RowData } from '@tanstack/react-table';
import { useEffect, useImperativeHandle, useRef, type MouseEvent, type Ref, type RefObject } from 'react';
import { GridRow } from './GridRow';
import type { GridColumn, GridProps } from './types';
import { useWindow } from './useWindow';
import classes from './grid.module.css';

type FromGrid<T extends RowData> = Pick<
  GridProps<T>,
  'onWindow' | 'onEnd' | 'listKey' | 'highlight' | 'faded' | 'selectable' | 'href'
>;

interface Props<T extends RowData> extends FromGrid<T> {
  scroller: RefObject<HTMLDivElement | null>;
  head: RefObject<HTMLDivElement | null>;
  /** Brings a row into view. */
  reveal: Ref<(index: number) => void>;
  /** Rows that are in memory stand at `first` of `size`. */
  shown: readonly { id: string; original: T }[];
  first: number;
  size: number;
  height: number;
  /** Of all columns, at least: a row ends with them, and not where the grid does. */
  width: number;
  columns: readonly GridColumn<T>[];
  left: readonly number[];
  active: number;
  /** Keys of the selected rows; null where none can be. */
  chosen: ReadonlySet<string> | null;
  onRow: (index: number, row: T, event: MouseEvent) => void;
  onMark: (key: string, withShift: boolean) => void;
}

/** The rows in view. Alone in this, a scroll draws rows and nothing of what stands around them. */
export function GridBody<T extends RowData>(props: Props<T>) {
  const { scroller, head, shown, first, size, height, chosen, onWindow, onEnd, listKey } = props;
  const inView = useWindow({ scroller, head, rows: size, height });
  useImperativeHandle(props.reveal, () => inView.reveal, [inView.reveal]);
  useEffect(() => {
    if (size > 0) onWindow?.(inView.first, inView.last);
  }, [onWindow, inView.first, inView.last, size]);
  const shownList = useRef(listKey);
  useEffect(() => {
    if (shownList.current !== listKey) scroller.current?.scrollTo({ top: 0 });
    shownList.current = listKey;
  }, [scroller, listKey]);
  const nearEnd = shown.length > 0 && inView.last >= shown.length - 20;
  useEffect(() => {
    if (nearEnd) onEnd?.();
  }, [nearEnd, onEnd, shown.length]);

  const drawn = [];
  for (let index = inView.first; index <= inView.last; index += 1) {
    const row = shown[index - first];
    if (row)
      drawn.push(
        <GridRow
          key={row.id}
          id={row.id}
          row={row.original}
          columns={props.columns}
          index={index}
          height={height}
          active={index === props.active}
          highlight={props.highlight?.(row.original) ?? false}
          faded={props.faded?.(row.original) ?? false}
          selected={chosen ? chosen.has(row.id) : undefined}
          markable={props.selectable?.(row.original) ?? true}
          left={props.left}
          href={props.href?.(row.original)}
          onRow={props.onRow}
          onMark={props.onMark}
        />,
      );
  }
  return (
    <div role="rowgroup" className={classes.body} style={{ height: size * height, minWidth: props.width }}>
      {drawn}
    </div>
  );
}
