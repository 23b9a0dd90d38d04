import type { Choice } from './search';

const quoted = (text: string) => JSON.stringify(text);

/** What a choice is in Python and on the command line. */
export function snippetsOf(choice: Choice, name: string): Record<string, string> {
  const { from = 'upload', kind, mode, path } = choice;
  const head = 'from studiolo import Studio\n\nstudio = Studio()\n';
  const called = name || 'titanic';
  if (from === 'upload') {
    const many = kind === 'file';
    const place = many ? 'pictures/' : 'titanic.csv';
    return {
      Python: `${head}studio.datasets.${many ? 'send' : 'create'}(${quoted(place)}, ${quoted(called)}${many ? ', kind="file"' : ''})`,
      'Command line': `studiolo datasets create ${place} --name ${called}${many ? ' --kind file' : ''}`,
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
    Python: `${head}studio.datasets.register(${[quoted(called), ...said.map(([key, value]) => `${key}=${quoted(value)}`)].join(', ')})`,
    'Command line': `studiolo datasets register ${called} ${said.map(([key, value]) => `--${key} '${value.replaceAll("'", "'\\''")}'`).join(' ')}`,
  };
}
