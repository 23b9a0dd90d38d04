/** What is known of an upload, and what follows from it. Pure: others send. */
export const PIECE = 8 * 1024 * 1024;

export type State = 'waiting' | 'sending' | 'done' | 'failed' | 'lost';

/** `lost`: the page was loaded anew, so the browser no longer has the file; it is asked for again. */
export interface Item {
  path: string;
  size: number;
  received: number;
  state: State;
  error?: string | undefined;
  /** It was refused together with others: by itself it is told what is wrong with it. */
  alone?: boolean;
}

export interface Totals {
  files: number;
  done: number;
  failed: number;
  lost: number;
  bytes: number;
  received: number;
}

export function totalsOf(items: Iterable<Item>): Totals {
  const sum = { files: 0, done: 0, failed: 0, lost: 0, bytes: 0, received: 0 };
  for (const item of items) {
    sum.files += 1;
    sum.bytes += item.size;
    sum.received += item.state === 'done' ? item.size : item.received;
    if (item.state === 'done') sum.done += 1;
    if (item.state === 'failed') sum.failed += 1;
    if (item.state === 'lost') sum.lost += 1;
  }
  return sum;
}

/** Where the next piece of a file begins and ends; null when all of it is there. An empty file has one empty piece. */
export function pieceOf(item: Pick<Item, 'size' | 'received' | 'state'>): [number, number] | null {
  if (item.state === 'done') return null;
  if (item.received >= item.size && item.size > 0) return null;
  return [item.received, Math.min(item.size, item.received + PIECE)];
}

const SMALL = 256 * 1024; // a file up to this size is sent with others
const TOGETHER = { files: 500, bytes: 8 * 1024 * 1024 }; // half of what a request may hold

const small = (item: Item) => item.size <= SMALL && item.received === 0 && !item.alone;

/** What goes next, in one request: the first that waits, and if it is small, other small ones with it. */
export function nextOf(waiting: Iterable<Item>): Item[] {
  const next: Item[] = [];
  let bytes = 0;
  for (const item of waiting) {
    if (next.length > 0 && !small(item)) continue;
    if (next.length === TOGETHER.files || (next.length > 0 && bytes + item.size > TOGETHER.bytes)) break;
    next.push(item);
    bytes += item.size;
    if (!small(item)) break;
  }
  return next;
}

const KEPT_MS = 15_000;

/** Bytes per second over the last fifteen seconds, and how long the rest takes at that pace. */
export class Pace {
  private marks: { at: number; bytes: number }[] = [];

  add(at: number, bytes: number): void {
    this.marks.push({ at, bytes });
    const oldest = at - KEPT_MS;
    while (this.marks.length > 2 && (this.marks[0]?.at ?? at) < oldest) this.marks.shift();
  }

  clear(): void {
    this.marks = [];
  }

  get rate(): number | null {
    const first = this.marks[0];
    const last = this.marks.at(-1);
    if (!first || !last || last.at - first.at < 2000) return null;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }

  left(bytes: number): number | null {
    const { rate } = this;
    return rate && rate > 0 ? bytes / rate : null;
  }
}

/** How long to wait before the next try of a piece: 1, 2, 4 … 30 seconds. */
export function waitOf(tries: number): number {
  return Math.min(30_000, 1000 * 2 ** Math.max(0, tries - 1));
}
