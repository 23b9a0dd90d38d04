import { inShell } from '@/kernel/shell';
import type { AutoMLSpec } from './documents';

type Asked = Partial<AutoMLSpec> & { dataset: string; target: string };

/** What differs from the defaults, in the order people say it. */
function said(spec: Asked): [string, string | number | string[]][] {
  const pairs: [string, string | number | string[] | null | undefined][] = [
    ['dataset', spec.dataset],
    ['split', spec.split],
    ['target', spec.target],
    ['task', spec.task === 'auto' ? null : spec.task],
    ['metric', spec.metric],
    ['time_limit', spec.max_trials ? null : spec.time_limit],
    ['max_trials', spec.max_trials],
    ['seed', spec.seed || null],
    ['cores', spec.cores],
    ['drop', spec.drop],
    ['allowed', spec.allowed],
    ['blocked', spec.blocked],
    ['name', spec.name],
    ['model', spec.model],
  ];
  return pairs.filter((pair): pair is [string, string | number | string[]] => {
    const value = pair[1];
    return (
      value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)
    );
  });
}

// where the command says it otherwise, or not at all
const OPTIONS: Record<string, string> = { blocked: '--block', allowed: '', name: '' };

/** The same run on the command line, in Python and over HTTP. */
export function snippets(spec: Asked): Record<string, string> {
  const pairs = said(spec);
  const words = pairs.flatMap(([key, value]) => {
    const option = OPTIONS[key] ?? `--${key.replaceAll('_', '-')}`;
    if (option === '') return [];
    return Array.isArray(value)
      ? value.map((item) => `${option} ${inShell(String(item))}`)
      : [`${option} ${inShell(String(value))}`];
  });
  const python = pairs.map(([key, value]) => `    ${key}=${JSON.stringify(value)},`).join('\n');
  return {
    'Command line': `studiolo automl submit ${words.join(' ')} --wait`,
    Python: `from studiolo import Studio\n\nstudio = Studio()\nrun = studio.automl.submit(\n${python}\n)`,
    JSON: JSON.stringify(Object.fromEntries(pairs), null, 2),
  };
}
