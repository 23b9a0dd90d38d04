import type { Loss } from './inspection';

/** Which values would be lost, with the first of them. */
export function describe(loss: Loss): string {
  const first = loss.first
    .slice(0, 3)
    .map((one) => {
      const place = one.line != null ? `line ${one.line}` : one.row != null ? `row ${one.row}` : '';
      return `“${one.value}” (${[one.file, place].filter(Boolean).join(', ')})`;
    })
    .join(', ');
  const many = `${loss.exact ? '' : 'At least '}${loss.count.toLocaleString('en-US')} ${loss.count === 1 ? 'value' : 'values'}`;
  return `${many} of ${loss.column} ${loss.count === 1 ? 'is' : 'are'} no ${loss.type} and would be missing${first ? `: ${first}` : ''}`;
}
