/** Readers for typed search params; each returns undefined for the default, so that addresses stay short. */
type Raw = Record<string, unknown>;

export function text(raw: Raw, key: string): string | undefined {
  const value = raw[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function integer(raw: Raw, key: string): number | undefined {
  const value = Number(raw[key]);
  return raw[key] !== undefined && raw[key] !== '' && Number.isInteger(value) ? value : undefined;
}

export function flag(raw: Raw, key: string): boolean | undefined {
  return raw[key] === 'true' || raw[key] === true ? true : undefined;
}

export function list(raw: Raw, key: string): string[] | undefined {
  const value = raw[key];
  const items = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  const kept = items.filter(Boolean);
  return kept.length > 0 ? kept : undefined;
}

/** One of a fixed set; the first is the default and is left out of the address. */
export function oneOf<const T extends string>(raw: Raw, key: string, choices: readonly T[]): T | undefined {
  const found = choices.find((choice) => choice === raw[key]);
  return found === choices[0] ? undefined : found;
}

/** A route's `validateSearch` from readers: every param may be left out of a link. */
export function searchOf<T extends object>(read: (raw: Raw) => T): (raw: Raw) => Partial<T> {
  return read;
}
