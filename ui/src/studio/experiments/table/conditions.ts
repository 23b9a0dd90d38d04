/** The filter as text: cut into its comparisons, and single ones of attributes read and written by menus. */

/** Comparisons of a filter, cut at AND outside quotes. */
export function comparisons(filter: string): string[] {
  const found: string[] = [];
  let start = 0;
  let quote = '';
  for (let at = 0; at < filter.length; at += 1) {
    const letter = filter.charAt(at);
    if (quote) {
      if (letter === quote) quote = '';
    } else if (letter === "'" || letter === '"' || letter === '`') quote = letter;
    else if (/^\sand\s/i.test(filter.slice(at, at + 5))) {
      found.push(filter.slice(start, at));
      start = at + 5;
      at += 4;
    }
  }
  found.push(filter.slice(start));
  return found.map((part) => part.trim()).filter(Boolean);
}

const OPERATOR = /[=<>]|\b(i?like|in|is)\b/i;

/** True when a text compares something; else it is words of a name. */
export function isFilter(text: string): boolean {
  return OPERATOR.test(text.replaceAll(/'[^']*'|"[^"]*"/g, ''));
}

export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A key as the grammar wants it: in backticks when it has more than letters, digits and - / : . */
export function keyed(name: string): string {
  return /^\w[\w\-/:.]*$/.test(name) ? name : `\`${name}\``;
}

/** The filter that the server is asked: words without an operator search the name. */
export function toFilter(text: string): string {
  const trimmed = text.trim();
  if (!trimmed || isFilter(trimmed)) return trimmed;
  return trimmed
    .split(/\s+/)
    .map((word) => `attributes.run_name ILIKE ${quoted(`%${word.replaceAll(/^["']|["']$/g, '')}%`)}`)
    .join(' AND ');
}

const ATTRIBUTE = (key: string) =>
  new RegExp(`^(?:(?:attributes?|attr|run)\\.)?${key}\\s*(=|in\\b)\\s*(.*)$`, 'is');

/** Values that a filter wants of an attribute: `attributes.state IN ('Failed', 'Lost')`. */
export function conditionOf(filter: string, key: string): string[] {
  for (const part of comparisons(filter)) {
    const match = ATTRIBUTE(key).exec(part);
    if (match)
      return [...(match[2] ?? '').matchAll(/'((?:[^']|'')*)'|"([^"]*)"/g)].map((found) =>
        (found[1] ?? found[2] ?? '').replaceAll("''", "'"),
      );
  }
  return [];
}

/** The filter with these values of an attribute; none takes the comparison out. */
export function withCondition(filter: string, key: string, values: readonly string[]): string {
  const base = filter.trim() && !isFilter(filter) ? toFilter(filter) : filter;
  const rest = comparisons(base).filter((part) => !ATTRIBUTE(key).test(part));
  if (values.length === 0) return rest.join(' AND ');
  const own =
    values.length === 1
      ? `attributes.${key} = ${quoted(values[0] ?? '')}`
      : `attributes.${key} IN (${values.map(quoted).join(', ')})`;
  return [...rest, own].join(' AND ');
}
