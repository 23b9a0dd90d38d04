/** Geometry of a table of any size. A browser's element ends near 33 million pixels: a longer table scrolls in a shorter one. */
export const LONGEST = 8_000_000;

export interface Track {
  /** Pixels of the rows as they would stand below each other. */
  total: number;
  /** Pixels that the scrollbar knows. */
  scrolled: number;
  /** Rows' pixels for one of the scrollbar's. */
  ratio: number;
  /** Furthest offset. */
  end: number;
}

export function trackOf(rows: number, rowHeight: number, view: number): Track {
  const total = rows * rowHeight;
  const scrolled = Math.min(total, LONGEST);
  const end = Math.max(0, total - view);
  const reach = Math.max(1, scrolled - view);
  return { total, scrolled, end, ratio: total > LONGEST ? end / reach : 1 };
}

export function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Rows in view at an offset, both included; first > last when there are none. */
export function rowsAt(top: number, view: number, rowHeight: number, rows: number): [number, number] {
  const first = Math.floor(top / rowHeight);
  return [clamp(first, 0, Math.max(0, rows - 1)), Math.min(rows - 1, Math.ceil((top + view) / rowHeight))];
}

/** The offset that brings a row into view, moved as little as needed. */
export function revealing(row: number, top: number, view: number, rowHeight: number): number {
  const begin = row * rowHeight;
  if (begin < top) return begin;
  return begin + rowHeight > top + view ? begin + rowHeight - view : top;
}

/** Left edges of columns, and after the last their width in all. */
export function edgesOf(widths: readonly number[]): number[] {
  const edges = [0];
  for (const width of widths) edges.push((edges.at(-1) ?? 0) + width);
  return edges;
}

/** Columns in view behind the pinned ones, both included. */
export function columnsAt(
  edges: readonly number[],
  pinned: number,
  left: number,
  view: number,
): [number, number] {
  const count = edges.length - 1;
  const start = (edges[pinned] ?? 0) + left;
  let first = pinned;
  while (first < count - 1 && (edges[first + 1] ?? 0) <= start) first++;
  let last = first;
  while (last < count - 1 && (edges[last + 1] ?? 0) < left + view) last++;
  return [first, last];
}

export interface Area {
  rows: [number, number];
  columns: [number, number];
}

/** The rectangle between two cells. */
export function areaOf(a: readonly [number, number], b: readonly [number, number]): Area {
  return {
    rows: [Math.min(a[0], b[0]), Math.max(a[0], b[0])],
    columns: [Math.min(a[1], b[1]), Math.max(a[1], b[1])],
  };
}

/** Cells as spreadsheets take them from the clipboard. */
export function toTsv(rows: readonly (readonly unknown[])[]): string {
  const field = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[\t\n\r"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(field).join('\t')).join('\n');
}
