// eslint-disable-next-line no-control-regex -- terminal colours are control characters
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Text after carriage returns, as a terminal shows it: the last rewrite of a progress line wins. */
export function foldLine(line: string): string {
  const plain = line.replaceAll(ANSI, '');
  if (!plain.includes('\r')) return plain;
  const parts = plain.split('\r');
  let last = '';
  for (const part of parts) if (part !== '') last = part;
  return last;
}

/** Collects chunks of a log; the unfinished last line is kept and grows. */
export class LogBuffer {
  readonly lines: string[] = [];
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

  /** All lines, with the one still being written. */
  view(): string[] {
    return this.open ? [...this.lines, foldLine(this.open)] : [...this.lines];
  }
}

export function matches(lines: readonly string[], query: string): number[] {
  if (!query) return [];
  const wanted = query.toLowerCase();
  return lines.flatMap((line, index) => (line.toLowerCase().includes(wanted) ? [index] : []));
}
