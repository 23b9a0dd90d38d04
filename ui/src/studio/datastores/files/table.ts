const MOST_ROWS = 200;
const MARKS = ['\t', ',', ';', '|'] as const;

export interface HeadTable {
  columns: string[];
  rows: string[][];
}

/** Whether the beginning of a file of this name can be shown as a table. */
export function isDelimited(path: string): boolean {
  return /\.(csv|tsv|tab)$/i.test(path);
}

/** The mark that stands most often in the first line. */
export function delimiterOf(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return MARKS.map((mark) => ({ mark, count: line.split(mark).length })).reduce((best, next) =>
    next.count > best.count ? next : best,
  ).mark;
}

/** Read the beginning of a delimited file; the last line is left out when the text was cut. */
export function parseHead(text: string, cut: boolean): HeadTable {
  const mark = delimiterOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length && rows.length <= MOST_ROWS; i++) {
    const letter = text[i] ?? '';
    if (quoted) {
      if (letter === '"' && text[i + 1] === '"') {
        cell += '"';
        i++;
      } else if (letter === '"') quoted = false;
      else cell += letter;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === mark) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n' || letter === '\r') {
      if (letter === '\r' && text[i + 1] === '\n') i++;
      row.push(cell);
      if (row.length > 1 || cell !== '') rows.push(row);
      row = [];
      cell = '';
    } else cell += letter;
  }
  if (!cut && (cell !== '' || row.length > 0) && rows.length <= MOST_ROWS) rows.push([...row, cell]);
  const [columns = [], ...rest] = rows;
  return { columns, rows: rest };
}
