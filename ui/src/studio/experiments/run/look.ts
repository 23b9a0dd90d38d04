/** How a file can be looked at. */
export type Look =
  | 'image'
  | 'svg'
  | 'html'
  | 'markdown'
  | 'notebook'
  | 'table'
  | 'json'
  | 'text'
  | 'diff'
  | 'pdf'
  | 'audio'
  | 'video'
  | 'none';

const BY_ENDING: Record<string, Look> = {
  png: 'image', jpg: 'image', jpeg: 'image', gif: 'image', webp: 'image',
  svg: 'svg', html: 'html', htm: 'html', md: 'markdown', markdown: 'markdown', ipynb: 'notebook',
  csv: 'table', tsv: 'table', tab: 'table', parquet: 'table', jsonl: 'table', ndjson: 'table',
  json: 'json', diff: 'diff', patch: 'diff', pdf: 'pdf',
  mp3: 'audio', wav: 'audio', ogg: 'audio', flac: 'audio', m4a: 'audio', mp4: 'video', webm: 'video', mov: 'video',
}; // prettier-ignore
const BINARY = new Set([
  'pkl', 'pickle', 'joblib', 'onnx', 'bin', 'npy', 'npz', 'zip', 'gz', 'tar', 'pt', 'pth', 'h5', 'skops', 'ubj', 'so',
  'whl', 'xlsx', 'safetensors', 'model', 'cbm', 'db', 'sqlite', 'arrow', 'feather',
]); // prettier-ignore

export function endingOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
}

export function lookOf(path: string): Look {
  const ending = endingOf(path);
  return BY_ENDING[ending] ?? (BINARY.has(ending) ? 'none' : 'text');
}

/** JSON with line breaks where it is one line; what cannot be read, as a cut file cannot, stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Whether JSON is a table as `mlflow.log_table` writes it, or a list of objects. */
export function isTableJson(text: string): boolean {
  const start = text.trimStart().slice(0, 400);
  return /^\{"columns":\s*\[/.test(start) || /^\[\s*\{/.test(start);
}

/** A text with NUL characters is no text. */
export function isBinary(text: string): boolean {
  return text.slice(0, 4096).includes('\u0000');
}
