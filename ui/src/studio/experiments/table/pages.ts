/** A long list of which only some pages are in memory. Pure: it holds, finds and forgets; others fetch. */

export const PAGE = 100;
const KEPT = 16; // pages in memory: 1,600 rows, whatever the list's length

interface Held<R> {
  rows: readonly R[];
  used: number;
}

export interface Ask {
  page: number;
  cursor: string | undefined;
  skip: number;
}

export class Pages<R> {
  private held = new Map<number, Held<R>>();
  private cursors = new Map<number, string>();
  private clock = 0;
  private where = new Map<string, number>();
  /** Length of the whole list, once it is known. */
  total: number | undefined = undefined;

  constructor(private readonly keyOf: (row: R) => string) {}

  get pages(): number {
    return this.held.size;
  }

  /** Rows from the start of the list to the end of the last page in memory: it is at least so long. */
  get known(): number {
    return Math.max(0, ...[...this.held].map(([page, held]) => page * PAGE + held.rows.length));
  }

  /** Put a page in; `next` is the cursor of the following one, null at the end of the list. */
  put(page: number, rows: readonly R[], next: string | null): void {
    this.forget(page);
    this.held.set(page, { rows, used: ++this.clock });
    rows.forEach((row, at) => this.where.set(this.keyOf(row), page * PAGE + at));
    if (next !== null) this.cursors.set(page + 1, next);
    else this.total = page * PAGE + rows.length;
    while (this.held.size > KEPT) {
      const [oldest] = [...this.held].sort((a, b) => a[1].used - b[1].used)[0] ?? [];
      if (oldest === undefined) break;
      this.forget(oldest);
    }
  }

  /** Pages that are not in memory between two rows, both included. */
  missing(first: number, last: number): number[] {
    const found: number[] = [];
    const end = this.total === undefined ? last : Math.min(last, this.total - 1);
    for (let page = Math.floor(first / PAGE); page <= Math.floor(end / PAGE); page += 1) {
      const held = this.held.get(page);
      if (held) held.used = ++this.clock;
      else found.push(page);
    }
    return found;
  }

  /** How to ask for a page: from the nearest cursor before it, passing over what lies between. */
  ask(page: number): Ask {
    let from = page;
    while (from > 0 && !this.cursors.has(from)) from -= 1;
    return { page, cursor: from > 0 ? this.cursors.get(from) : undefined, skip: (page - from) * PAGE };
  }

  at(index: number): R | undefined {
    return this.held.get(Math.floor(index / PAGE))?.rows[index % PAGE];
  }

  indexOf(key: string): number | undefined {
    return this.where.get(key);
  }

  /** Keys of the rows between two indexes that are in memory. */
  keysBetween(a: number, b: number): string[] {
    const found: string[] = [];
    for (let index = Math.min(a, b); index <= Math.max(a, b); index += 1) {
      const row = this.at(index);
      if (row) found.push(this.keyOf(row));
    }
    return found;
  }

  /** Give rows new values where they stand; false when none of them is here. */
  patch(rows: readonly R[]): boolean {
    let changed = false;
    for (const row of rows) {
      const index = this.where.get(this.keyOf(row));
      const page = index === undefined ? undefined : Math.floor(index / PAGE);
      const held = page === undefined ? undefined : this.held.get(page);
      if (index === undefined || !held) continue;
      const next = [...held.rows];
      next[index % PAGE] = row;
      held.rows = next;
      changed = true;
    }
    return changed;
  }

  private forget(page: number): void {
    const held = this.held.get(page);
    if (!held) return;
    for (const row of held.rows) this.where.delete(this.keyOf(row));
    this.held.delete(page);
  }
}
