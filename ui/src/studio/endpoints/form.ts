/** The test form: one text per column, from and to the JSON that is sent. */
export interface Column {
  name: string;
  type: string;
  required: boolean;
}
export type Row = Record<string, unknown>;

const NUMBERS = new Set(['number', 'integer', 'long', 'float', 'double']);

export function isNumber(column: Column): boolean {
  return NUMBERS.has(column.type);
}

export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a typed text stands for: empty is null, and what is no number is sent as it is, so that the endpoint answers. */
export function valueOf(text: string, column: Column): unknown {
  if (text.trim() === '') return null;
  if (isNumber(column)) {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  }
  if (column.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

export function bodyOf(rows: readonly Row[]): string {
  return JSON.stringify({ data: rows }, null, 2);
}

/** The rows of a body that the form can show; null when it is something else, which only the editor can hold. */
export function rowsOf(body: string): Row[] | null {
  try {
    const parsed = JSON.parse(body) as { data?: unknown };
    const rows = parsed?.data;
    const plain =
      Array.isArray(rows) &&
      rows.length > 0 &&
      rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row));
    return plain && Object.keys(parsed).length === 1 ? (rows as Row[]) : null;
  } catch {
    return null;
  }
}

/** The column that a problem's field names: `data[0].age`, `data[0]['a b']` or plain `age`. */
export function columnOf(field: string, columns: readonly Column[]): string | undefined {
  const names = columns.map((column) => column.name).sort((a, b) => b.length - a.length);
  return names.find(
    (name) =>
      field === name ||
      field.endsWith(`.${name}`) ||
      field.endsWith(`['${name}']`) ||
      field.endsWith(`["${name}"]`),
  );
}
