export interface Segment {
  text: string;
  /** One of the eight terminal colours, "bold" before it where it is: drawn by `log.module.css`. */
  colour?: string;
  bold?: boolean;
}

// eslint-disable-next-line no-control-regex -- terminal colours are control characters
const ANSI = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*(?:\u0007|\u001b\\)/g;
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Text without the marks that only a terminal understands. */
export function plainText(text: string): string {
  return text.includes('\u001b') ? text.replaceAll(ANSI, '') : text;
}

/** A line as pieces of one colour each; other marks (moving the cursor, clearing) are left out. */
export function segments(line: string): Segment[] {
  if (!line.includes('\u001b')) return [{ text: line }];
  const found: Segment[] = [];
  let colour: string | undefined;
  let bold = false;
  let at = 0;
  const add = (text: string) => {
    if (text) found.push({ text, ...(colour ? { colour } : {}), ...(bold ? { bold } : {}) });
  };
  for (const match of line.matchAll(ANSI)) {
    add(line.slice(at, match.index));
    at = match.index + match[0].length;
    if (!match[0].endsWith('m')) continue;
    for (const code of match[0].slice(2, -1).split(';').map(Number)) {
      if (code === 0) {
        colour = undefined;
        bold = false;
      } else if (code === 1) bold = true;
      else if (code === 22) bold = false;
      else if (code === 39) colour = undefined;
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) colour = COLOURS[code % 10];
    }
  }
  add(line.slice(at));
  return found;
}
