import { inShell } from '@/kernel/shell';
import { readReading, type ReadingChoice } from './reading';
import type { Choice } from './search';

const quoted = (text: string) => JSON.stringify(text);

/** A value as Python writes it. */
export function inPython(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inPython).join(', ')}]`;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, one]) => `${quoted(key)}: ${inPython(one)}`)
    .join(', ')}}`;
}

/** Options of a reading that the command knows too; the rest is said in Python, or in an MLTable. */
function optionsOf(reading: ReadingChoice): string {
  const words = ['format', 'delimiter', 'encoding'].flatMap((key) =>
    typeof reading[key] === 'string' ? [` --${key} ${inShell(reading[key])}`] : [],
  );
  const header = reading.header;
  if (typeof header === 'boolean') words.push(header ? ' --header' : ' --no-header');
  return words.join('');
}

/** What is sent from this computer, as code names it: one file by its name, several by the folder that they were chosen from. */
function placeOf(kind: Choice['kind'], files: number, first: string | undefined): string {
  if (first === undefined) return kind === 'file' ? 'pictures/' : 'titanic.csv';
  const folder = first.includes('/') ? first.slice(0, first.indexOf('/') + 1) : undefined;
  return folder ?? (files > 1 ? '.' : first);
}

/** What a choice is in Python and on the command line. sent: what an upload holds. */
export function snippetsOf(
  choice: Choice,
  name: string,
  sent: { files: number; first: string | undefined } = { files: 0, first: undefined },
): Record<string, string> {
  const { from = 'upload', kind, mode, path } = choice;
  const head = 'from studiolo import Studio\n\nstudio = Studio()\n';
  const called = name || 'titanic';
  const reading = kind === 'file' ? {} : readReading(choice.read);
  const read = Object.keys(reading).length > 0 ? `, reading=${inPython(reading)}` : '';
  if (from === 'upload') {
    const place = placeOf(kind, sent.files, sent.first);
    const more = `${read}${kind === 'file' ? ', kind="file"' : ''}`;
    const made = more
      ? `sent = studio.datasets.send(${quoted(place)}, ${quoted(called)}${more})\nstudio.datasets.wait_for(sent)`
      : `studio.datasets.create(${quoted(place)}, ${quoted(called)})`;
    return {
      Python: `${head}${made}`,
      'Command line': `studiolo datasets create ${inShell(place)} --name ${called}${optionsOf(reading)}${kind === 'file' ? ' --kind file' : ''}`,
    };
  }
  const words: [string, string | undefined][] = [
    ['datastore', from === 'datastore' || from === 'sql' ? (choice.datastore ?? 'lake') : undefined],
    ['query', from === 'sql' ? (choice.query ?? 'SELECT …') : undefined],
    ['glob', from === 'datastore' ? choice.glob : undefined],
    ['url', from === 'url' ? (choice.url ?? 'https://…') : undefined],
    ['run', from === 'run' ? (choice.run ?? 'RUN') : undefined],
    ['path', (from === 'datastore' && !choice.glob) || from === 'run' ? path : undefined],
    ['kind', kind],
    ['mode', from === 'datastore' ? mode : undefined],
  ];
  const said = words.flatMap(([key, value]) => (value ? [[key, value] as const] : []));
  return {
    Python: `${head}studio.datasets.register(${[quoted(called), ...said.map(([key, value]) => `${key}=${quoted(value)}`)].join(', ')}${read})`,
    'Command line': `studiolo datasets register ${called} ${said.map(([key, value]) => `--${key} ${inShell(value)}`).join(' ')}`,
  };
}
