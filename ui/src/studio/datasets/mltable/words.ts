/** A transformation as people read it: its name, and what it says. */
export interface Said {
  name: string;
  what: string;
}

/** The transformations of an MLTable, in words; what is no transformation is shown as it is. */
export function inWords(steps: readonly unknown[]): Said[] {
  return steps.map((step) => {
    if (typeof step === 'string') return { name: step, what: '' };
    const [entry] = typeof step === 'object' && step !== null ? Object.entries(step) : [];
    return entry ? { name: entry[0], what: said(entry[1]) } : { name: String(step), what: '' };
  });
}

function said(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(said).join(', ');
  if (typeof value !== 'object') return String(value as number | boolean);
  if ('columns' in value && 'column_type' in value)
    return `${said(value.columns)} → ${typeof value.column_type === 'string' ? value.column_type : said(value.column_type)}`;
  return Object.entries(value)
    .map(([key, inner]) => {
      const text = said(inner);
      return text === '' ? key : `${key}: ${text}`;
    })
    .join(', ');
}
