import { plainText } from './ansi';

/** Text after carriage returns, as a terminal shows it: the last rewrite of a progress line wins. Colours stay. */
export function foldLine(line: string): string {
  if (!line.includes('\r')) return line;
  let last = '';
  for (const part of line.split('\r')) if (plainText(part) !== '') last = part;
  return last;
}

/** Collects chunks of a log; the unfinished last line is kept and grows. */
export class LogBuffer {
  lines: string[] = [];
  private open = '';

  push(chunk: string): void {
    const parts = (this.open + chunk).split('\n');
    this.open = parts.pop() ?? '';
    for (const part of parts) this.lines.push(foldLine(part));
    // a progress bar may rewrite one line for hours: keep only what is after the last return
    const last = this.open.lastIndexOf('\r');
    if (this.open.length > 4096 && last > 0)
      this.open = this.open.slice(this.open.lastIndexOf('\r', last - 1) + 1);
  }

  /** Forget the first lines; returns how many went. */
  trim(most: number): number {
    const over = this.lines.length - most;
    if (over <= 0) return 0;
    this.lines = this.lines.slice(over);
    return over;
  }

  /** All lines, with the one still being written. */
  view(): string[] {
    return this.open ? [...this.lines, foldLine(this.open)] : [...this.lines];
  }
}

export function matches(lines: readonly string[], query: string): number[] {
  if (!query) return [];
  const wanted = query.toLowerCase();
  return lines.flatMap((line, index) => (plainText(line).toLowerCase().includes(wanted) ? [index] : []));
}
