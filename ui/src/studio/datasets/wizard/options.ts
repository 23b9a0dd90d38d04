/** The options of reading as a form draws them. Which of them a format heeds, the server says. */
export interface Option {
  key: string;
  label: string;
  help?: string;
  kind: 'text' | 'number' | 'flag';
  choices?: readonly (readonly [string, string])[];
  usually?: boolean;
  /** What holds where nothing is said, of what is not found out. */
  otherwise?: string;
  /** Shown while it is not known which format it is. */
  usual?: boolean;
  /** Anything else may be written as well as its choices. */
  open?: boolean;
}

export const OPTIONS: readonly Option[] = [
  {
    key: 'delimiter',
    label: 'Delimiter',
    kind: 'text',
    usual: true,
    open: true,
    choices: [
      [',', 'Comma'],
      [';', 'Semicolon'],
      ['\t', 'Tab'],
      ['|', 'Bar'],
      [' ', 'Space'],
      [':', 'Colon'],
      ['~', 'Tilde'],
      ['\u0001', 'Ctrl-A'],
    ],
  },
  { key: 'encoding', label: 'Encoding', kind: 'text', usual: true, help: 'Such as utf-8 or cp1252' },
  {
    key: 'header',
    label: 'Column names',
    kind: 'text',
    usual: true,
    choices: [
      ['same', 'In the first row of every file'],
      ['first', 'In the first file alone'],
      ['none', 'There are none'],
      ['combine', 'In each file, and they differ'],
    ],
  },
  {
    key: 'skip_rows',
    label: 'Skip rows',
    kind: 'number',
    help: 'Lines before the table begins',
    otherwise: '0',
  },
  { key: 'quote', label: 'Quote', kind: 'text', help: 'What surrounds a value' },
  { key: 'escape', label: 'Escape', kind: 'text', help: 'What lets a quote stand inside quotes' },
  {
    key: 'comment',
    label: 'Comment',
    kind: 'text',
    help: 'Lines that begin with it are left out',
    otherwise: 'None',
  },
  {
    key: 'decimal',
    label: 'Decimal sign',
    kind: 'text',
    choices: [
      ['.', 'Point: 3.14'],
      [',', 'Comma: 3,14'],
    ],
  },
  { key: 'sheet', label: 'Sheet', kind: 'text', help: 'Its name, or its number' },
  { key: 'member', label: 'File in the archive', kind: 'text', otherwise: 'The only one' },
  {
    key: 'records',
    label: 'Key of the rows',
    kind: 'text',
    help: 'The key that holds the rows of the document',
  },
  {
    key: 'nested',
    label: 'Nested values',
    kind: 'text',
    otherwise: 'Become JSON text',
    choices: [
      ['json', 'Become JSON text'],
      ['flatten', 'Become columns: address.city'],
    ],
  },
  {
    key: 'invalid_lines',
    label: 'Lines that are no object',
    kind: 'text',
    otherwise: 'Refuse the file',
    choices: [
      ['error', 'Refuse the file'],
      ['drop', 'Leave them out'],
    ],
  },
  {
    key: 'table_version',
    label: 'Version of the table',
    kind: 'number',
    help: 'Of a Delta table',
    otherwise: 'The newest',
  },
  {
    key: 'table_time',
    label: 'Table as of',
    kind: 'text',
    help: 'Such as 2026-01-31T00:00:00Z',
    otherwise: 'Now',
  },
  {
    key: 'path_column',
    label: 'Column for the path',
    kind: 'text',
    help: 'Names a column with each row’s file',
    otherwise: 'None',
  },
  {
    key: 'partition_format',
    label: 'Columns from the path',
    kind: 'text',
    help: 'Such as {state}/{day:yyyy/MM/dd}/data.csv',
    otherwise: 'None',
  },
  { key: 'multi_line', label: 'Values in quotes may hold line ends', kind: 'flag', usually: true },
  { key: 'empty_as_text', label: 'Empty texts are texts, not missing', kind: 'flag' },
  { key: 'infer_types', label: 'Find out types', kind: 'flag', usually: true },
  { key: 'fill_merged', label: 'Merged cells repeat their value', kind: 'flag', usually: true },
];

/** The options that a format heeds, and those that were said or are asked for, whatever the format. */
export function optionsOf(
  heeded: readonly string[] | undefined,
  said: Readonly<Record<string, unknown>>,
  asked: Readonly<Record<string, string>>,
): Option[] {
  return OPTIONS.filter(
    ({ key, usual }) =>
      (heeded ? heeded.includes(key) : usual) || said[key] !== undefined || asked[key] !== undefined,
  );
}

/** What a person wrote, as the API wants it; nothing is undefined. */
export function readOption(option: Option, text: string): unknown {
  if (option.kind === 'number') {
    const value = Number(text.trim());
    return text.trim() === '' || !Number.isInteger(value) || value < 0 ? undefined : value;
  }
  if (option.open) {
    const named = option.choices?.find(([, label]) => label.toLowerCase() === text.toLowerCase());
    return named?.[0] ?? (text.replaceAll('\\t', '\t') || undefined);
  }
  return option.choices ? text || undefined : text.trim() || undefined;
}

/** A value of the API as the form shows it. */
export function shownOption(option: Option, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (option.open) return option.choices?.find(([key]) => key === value)?.[1] ?? String(value as string);
  if (option.key === 'header' && typeof value === 'boolean') return value ? 'same' : 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}

/** A value in the words of its choice, where it has some. */
export function wordsOf(option: Option, value: unknown): string {
  const shown = shownOption(option, value);
  return option.choices?.find(([key]) => key === shown)?.[1] ?? shown;
}

/** What stands in an empty field: what was found, or what holds while nothing is said. */
export function placeholderOf(option: Option, found: unknown): string {
  if (found === undefined || found === null || found === '') return option.otherwise ?? 'Find out';
  return `Found: ${wordsOf(option, found)}`;
}
