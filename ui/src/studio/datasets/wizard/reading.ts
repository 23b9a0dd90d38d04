/** How files are to be read, as far as somebody said so; the rest is found out. */
export interface ColumnChosen {
  name: string;
  include?: boolean;
  rename?: string;
  type?: string;
  formats?: string[];
  mismatch?: 'missing' | 'error';
}

export interface ReadingChoice {
  [option: string]: unknown;
  columns?: ColumnChosen[];
  timestamp?: string;
  /** Empty: an MLTable among the files is not heeded. */
  transformations?: unknown[];
}

/** Read what the address keeps; anything that is no reading is none. */
export function readReading(text: string | undefined): ReadingChoice {
  if (!text) return {};
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === 'object' && found !== null && !Array.isArray(found)
      ? (found as ReadingChoice)
      : {};
  } catch {
    return {};
  }
}

/** What the address keeps; nothing while all is found out. */
export function writeReading(reading: ReadingChoice): string | undefined {
  const kept = Object.entries(reading).filter(
    ([key, value]) =>
      value !== undefined &&
      value !== null &&
      value !== '' &&
      !(key !== 'transformations' && Array.isArray(value) && value.length === 0),
  );
  return kept.length > 0 ? JSON.stringify(Object.fromEntries(kept)) : undefined;
}

/** A reading with one more word about a column; words that say nothing are left out. */
export function withColumn(
  reading: ReadingChoice,
  name: string,
  change: Partial<ColumnChosen>,
): ReadingChoice {
  const all = reading.columns ?? [];
  const old = all.find((one) => one.name === name) ?? { name };
  const merged = { ...old, ...change };
  const said = Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== undefined && value !== ''),
  ) as unknown as ColumnChosen;
  if (said.include) delete said.include; // as it is by itself
  if (said.mismatch === 'missing') delete said.mismatch;
  const rest = all.filter((one) => one.name !== name);
  const columns = Object.keys(said).length > 1 ? [...rest, said] : rest;
  return { ...reading, columns: columns.length > 0 ? columns : undefined } as ReadingChoice;
}

export function chosenOf(reading: ReadingChoice, name: string): ColumnChosen | undefined {
  return reading.columns?.find((one) => one.name === name);
}

/** Format words of moments, as people write them: `%d/%m/%Y, dd.MM.yyyy`. */
export function readFormats(text: string): string[] | undefined {
  const found = text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  return found.length > 0 ? found : undefined;
}
