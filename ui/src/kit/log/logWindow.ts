import { LogBuffer } from './fold';

export const MOST_LINES = 200_000;
const encoder = new TextEncoder();

/** A piece of a log as the server gives it. */
export interface Chunk {
  text: string;
  offset: number;
  next: number;
  size: number;
  line?: number | null | undefined;
}

/**
 * The part of a log that is held: from a line on, as far as it was read. It grows at its end, and forgets its beginning when
 * it becomes longer than a browser likes.
 */
export class LogWindow {
  /** Byte before which nothing is held. */
  start = 0;
  /** Byte to read on from. */
  end = 0;
  firstLine = 1;
  size = 0;
  private buffer = new LogBuffer();
  private begun = false;

  /** Take a piece that follows the last one; the first one may begin in the middle of a line, which is left out. */
  push(chunk: Chunk): void {
    let text = chunk.text;
    if (!this.begun) {
      this.begun = true;
      this.start = chunk.offset;
      this.firstLine = chunk.line ?? 1;
      const cut = chunk.offset > 0 ? text.indexOf('\n') + 1 : 0;
      if (cut > 0) {
        this.start += encoder.encode(text.slice(0, cut)).length;
        this.firstLine += 1;
        text = text.slice(cut);
      }
    }
    this.buffer.push(text);
    this.end = chunk.next;
    this.size = Math.max(this.size, chunk.size);
    this.firstLine += this.buffer.trim(MOST_LINES);
  }

  lines(): string[] {
    return this.buffer.view();
  }

  holds(line: number): boolean {
    return line >= this.firstLine && line < this.firstLine + this.buffer.lines.length + 1;
  }
}
