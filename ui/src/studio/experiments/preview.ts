/** How a file can be shown; HTML and SVG are only text here, since they could carry scripts. */
export type Look = 'image' | 'json' | 'table' | 'text' | 'none';

const IMAGES = new Set(['png', 'jpg', 'jpeg', 'gif', 'webp']);
const TABLES = new Set(['csv', 'tsv']);
const BINARY = new Set([
  'pkl', 'pickle', 'joblib', 'onnx', 'bin', 'parquet', 'npy', 'npz', 'zip', 'gz', 'pt', 'pth', 'h5', 'pdf', 'skops', 'ubj', 'so', 'whl', 'xlsx',
]); // prettier-ignore

export const PREVIEW_BYTES = 256 * 1024;

export function lookOf(path: string): Look {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
  if (IMAGES.has(ending)) return 'image';
  if (ending === 'json') return 'json';
  if (TABLES.has(ending)) return 'table';
  return BINARY.has(ending) ? 'none' : 'text';
}

/** Rows of a delimited text: quotes, doubled quotes and line breaks inside them are heeded. */
export function parseDelimited(text: string, delimiter: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = () => {
    row.push(field);
    field = '';
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === delimiter) {
      row.push(field);
      field = '';
    } else if (char === '\n') endRow();
    else if (char !== '\r') field += char;
  }
  if (rows.length < most && (field !== '' || row.length > 0)) endRow();
  return rows;
}

/** JSON with line breaks where it is one line; what cannot be read, as a cut file cannot, stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** A text with NUL characters is no text. */
export function isBinary(text: string): boolean {
  return text.slice(0, 4096).includes('\u0000');
}
