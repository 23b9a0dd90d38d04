import {
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
} from 'react';
import { areaOf, clamp, type Area } from './sheet';
import { useSheet } from './useSheet';
import classes from './sheet.module.css';

export interface SheetColumn {
  id: string;
  width: number;
  head: ReactNode;
  align?: 'right' | undefined;
  sort?: 'ascending' | 'descending' | undefined;
}

interface Props {
  label: string;
  rows: number;
  columns: readonly SheetColumn[];
  /** So many columns stay at the left. The first is the row's number. */
  pinned: number;
  headHeight: number;
  rowHeight?: number;
  height: string;
  /** Undefined while the row is on its way. */
  cell: (row: number, column: number) => ReactNode | undefined;
  onWindow: (first: number, last: number, columns: [number, number]) => void;
  onOpen: (row: number, column: number) => void;
  onCopy: (area: Area) => void;
  onWidth: (id: string, width: number) => void;
  listKey: string;
  /** Brings a row into view; another object each time it is asked for. */
  target?: { row: number } | undefined;
  busy?: boolean | undefined;
}

const PAGE = 20;

/** A table of any number of rows and columns: only what is seen is there. Cells are walked by keys, areas copied. */
export function Sheet(props: Props) {
  const { label, rows, columns, pinned, headHeight, rowHeight = 28, cell, listKey, target } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const sheet = useSheet({
    scroller,
    rows,
    rowHeight,
    headHeight,
    widths: columns.map((column) => column.width),
    pinned,
    onWindow: props.onWindow,
    listKey,
  });
  const [active, setActive] = useState<readonly [number, number] | null>(null);
  const [anchor, setAnchor] = useState<readonly [number, number] | null>(null);
  const area = active ? areaOf(anchor ?? active, active) : null;

  const { moveTo, view } = sheet;
  const [reached, setReached] = useState<Props['target']>(undefined);
  if (target && target !== reached) {
    setReached(target);
    setActive([target.row, 1]);
    setAnchor(null);
  }
  useEffect(() => {
    if (target) moveTo(target.row * rowHeight - view / 3);
    // only a new target moves; not a new size of the window
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [target]);

  const go = (row: number, column: number, extend: boolean) => {
    const next = [clamp(row, 0, rows - 1), clamp(column, 1, columns.length - 1)] as const;
    setAnchor(extend ? (anchor ?? active ?? next) : null);
    setActive(next);
    sheet.reveal(...next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || rows === 0) return;
    const [row, column] = active ?? [sheet.rows[0] - 1, 1];
    const all = event.ctrlKey || event.metaKey;
    const steps: Record<string, [number, number]> = {
      ArrowDown: [all ? rows - 1 : row + 1, column],
      ArrowUp: [all ? 0 : row - 1, column],
      ArrowRight: [Math.max(row, 0), all ? columns.length - 1 : column + 1],
      ArrowLeft: [Math.max(row, 0), all ? 1 : column - 1],
      PageDown: [row + PAGE, column],
      PageUp: [row - PAGE, column],
      Home: [all ? 0 : row, 1],
      End: [all ? rows - 1 : row, columns.length - 1],
    };
    const to = steps[event.key];
    if (to) go(...to, event.shiftKey);
    else if (event.key === 'Enter' && active) props.onOpen(...active);
    else if (event.key === 'c' && all && area && !window.getSelection()?.toString()) props.onCopy(area);
    else return;
    event.preventDefault();
  };

  const [first, last] = sheet.rows;
  const [from, to] = sheet.columns;
  const moving = range(Math.max(from, pinned), to);
  const fixed = range(0, Math.min(pinned, columns.length) - 1);
  const xOf = (column: number) => (sheet.edges[column] ?? 0) - (column < pinned ? 0 : sheet.left);

  const head = (column: number) => {
    const it = columns[column];
    return it ? (
      <div
        key={it.id}
        role="columnheader"
        aria-colindex={column + 1}
        aria-sort={it.sort}
        className={classes.head}
        data-pinned={column < pinned || undefined}
        data-align={it.align}
        style={{ left: xOf(column), width: it.width, height: headHeight }}
      >
        {it.head}
        {column > 0 ? <Handle width={it.width} onWidth={(width) => props.onWidth(it.id, width)} /> : null}
      </div>
    ) : null;
  };
  const one = (row: number, column: number) => {
    const it = columns[column];
    const on = active?.[0] === row && active[1] === column;
    const inside = area !== null && anchor !== null && within(row, area.rows) && within(column, area.columns);
    const content = cell(row, column);
    return it ? (
      <div
        key={it.id}
        id={on ? `${id}-active` : undefined}
        role={column === 0 ? 'rowheader' : 'gridcell'}
        aria-colindex={column + 1}
        aria-selected={column === 0 ? undefined : on || inside}
        className={column === 0 ? classes.number : classes.cell}
        data-pinned={column < pinned || undefined}
        data-align={it.align}
        data-active={on || undefined}
        data-inside={inside || undefined}
        style={{
          left: xOf(column),
          width: it.width,
          height: rowHeight - 1,
          lineHeight: `${rowHeight - 1}px`,
        }}
        onClick={(event: MouseEvent) => go(row, Math.max(1, column), event.shiftKey)}
        onDoubleClick={() => props.onOpen(row, Math.max(1, column))}
      >
        {content === undefined ? <span className={classes.waiting} aria-hidden /> : content}
      </div>
    ) : null;
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={rows + 1}
      aria-colcount={columns.length}
      aria-busy={props.busy}
      aria-multiselectable
      aria-activedescendant={active ? `${id}-active` : undefined}
      tabIndex={0}
      className={classes.scroller}
      style={{ height: `min(${props.height}, ${Math.max(120, sheet.height + 18)}px)` }}
      onScroll={sheet.onScroll}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ width: sheet.width, height: sheet.height }}>
        <div
          role="presentation"
          className={classes.window}
          style={{ width: sheet.size.width, height: sheet.size.height }}
        >
          <div role="rowgroup" className={classes.heads} style={{ height: headHeight }}>
            <div role="row" aria-rowindex={1}>
              {fixed.map(head)}
              {moving.map(head)}
            </div>
          </div>
          <div role="rowgroup" className={classes.body} style={{ top: headHeight }}>
            {range(first, last).map((row) => (
              <div
                key={row}
                role="row"
                aria-rowindex={row + 2}
                className={classes.row}
                style={{ top: row * rowHeight - sheet.top, height: rowHeight }}
              >
                {fixed.map((column) => one(row, column))}
                {moving.map((column) => one(row, column))}
              </div>
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

/** Drags the right edge of a column; the page hears of it while it moves. */
function Handle({ width, onWidth }: { width: number; onWidth: (width: number) => void }) {
  return (
    <span
      aria-hidden
      className={classes.handle}
      onPointerDown={(event) => {
        const start = event.clientX;
        const handle = event.currentTarget;
        handle.setPointerCapture(event.pointerId);
        handle.onpointermove = (move) => onWidth(clamp(width + move.clientX - start, 56, 900));
        handle.onpointerup = () => {
          handle.onpointermove = null;
          handle.onpointerup = null;
        };
        event.preventDefault();
      }}
    />
  );
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

function within(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}
