import type { RowData } from '@tanstack/react-table';
import type { ReactNode } from 'react';

export interface GridColumn<T extends RowData> {
  id: string;
  header: string;
  /** Shown under the header: a unit, a type, a histogram. */
  sub?: ReactNode;
  /** What is sorted and copied. */
  value: (row: T) => string | number | boolean | null | undefined;
  cell?: (row: T) => ReactNode;
  align?: 'right';
  width?: number;
  /** Takes a share of the free width. */
  grow?: boolean;
  sortable?: boolean;
  /** Off until chosen in the column picker. */
  optional?: boolean;
}

export interface GridProps<T extends RowData> {
  /** Names the table for assistive technology. */
  label: string;
  rows: readonly T[];
  columns: readonly GridColumn<T>[];
  rowKey: (row: T) => string;
  /** Address a row opens; Enter and click follow it. */
  href?: ((row: T) => string) | undefined;
  onOpen?: ((row: T) => void) | undefined;
  /** What is below a row comes or goes: the arrows to the right and to the left. */
  onUnfold?: ((row: T, open: boolean) => void) | undefined;
  /** `-created,name`: kept in the page's address. Without `onSort` the grid keeps it for itself. */
  sort?: string | undefined;
  onSort?: ((sort: string | undefined) => void) | undefined;
  /** Rows arrive sorted: the server orders by `sort`. */
  sortedByServer?: boolean;
  /** Ids of hidden columns, else the optional ones. */
  hidden?: readonly string[] | undefined;
  onHidden?: ((ids: string[]) => void) | undefined;
  selected?: readonly string[] | undefined;
  onSelect?: ((keys: string[]) => void) | undefined;
  /** More rows exist behind a cursor; called near the end. */
  onEnd?: (() => void) | undefined;
  /** There are more than are loaded: a sort that is not the server's says that it is among those that are. */
  hasMore?: boolean;
  /** Rows there are in all, when more than are loaded. */
  total?: number | undefined;
  /** How many there are, in the page's words; else the grid counts rows. */
  summary?: string | undefined;
  dense?: boolean;
  /** Other than 40 (or 32 dense), for rows with a small chart. */
  rowHeight?: number;
  /** Height the rows may take; default fills the window. */
  maxHeight?: number | string;
  toolbar?: ReactNode;
  empty?: ReactNode;
  highlight?: ((row: T) => boolean) | undefined;
  /** Drawn paler: no longer what the list is about. */
  faded?: ((row: T) => boolean) | undefined;
  /**
   * A long list of which only a window is in memory: `rows` stand at `first` of `total`, and `onWindow` is told which
   * rows come into view. Without it, `rows` are all there are so far.
   */
  first?: number | undefined;
  onWindow?: ((first: number, last: number) => void) | undefined;
  /** Keys between two rows for a selection with shift, where not all rows are in memory. */
  keysBetween?: ((from: string, to: string) => string[]) | undefined;
  /** Rows that have a checkbox; default all. */
  selectable?: ((row: T) => boolean) | undefined;
  /** Widths that people chose, by column; told when a drag ends. */
  widths?: Readonly<Record<string, number>> | undefined;
  onWidths?: ((widths: Record<string, number>) => void) | undefined;
  /** So many columns stay at the left while the others scroll. */
  pinned?: number | undefined;
  /** Another value is another list: it is shown from its start. */
  listKey?: string | undefined;
  /** Instead of the grid's own menu of columns. */
  picker?: ReactNode;
}
