import type { components } from '@/kernel/schema';

export type JobSpec = components['schemas']['JobSpec'];
type DataInput = components['schemas']['DataInput'];
type JobOutput = components['schemas']['JobOutput'];

export const TYPES = ['uri_file', 'uri_folder', 'mltable', 'mlflow_model', 'custom_model'] as const;

/** A line of the inputs: a literal, or data somewhere else; `sent` are files that came with the run it is made from. */
export interface InputRow {
  key: number;
  name: string;
  kind: 'literal' | 'data' | 'sent';
  value: string;
  type: string;
  mode: string;
}

export interface OutputRow {
  key: number;
  name: string;
  type: string;
  register: string;
  path: string;
}

/** What the form holds; `base` is the job that it was made from, with all that the form does not show. */
export interface Draft {
  base: JobSpec | null;
  name: string;
  experiment: string;
  command: string;
  environment: string;
  compute: string;
  cores: number;
  memory: number;
  minutes: number;
  priority: string;
  processes: number;
  variables: string;
  inputs: InputRow[];
  outputs: OutputRow[];
}

export const PRIORITIES = [
  { value: '-10', label: 'Low' },
  { value: '0', label: 'Normal' },
  { value: '10', label: 'High' },
];
const GIB = 2 ** 30;
let keys = 0;
export const nextKey = () => ++keys;

export function emptyDraft(): Draft {
  return {
    base: null,
    name: '',
    experiment: 'Default',
    command: '',
    environment: '',
    compute: 'local',
    cores: 1,
    memory: 0,
    minutes: 0,
    priority: '0',
    processes: 1,
    variables: '',
    inputs: [],
    outputs: [],
  };
}

export function draftOf(spec: JobSpec): Draft {
  const data = Object.entries(spec.data ?? {}) as [string, DataInput][];
  const sent = Object.keys(spec.inputs ?? {}).filter((name) => !(name in (spec.data ?? {})));
  return {
    base: spec,
    name: spec.name ?? '',
    experiment: spec.experiment ?? 'Default',
    command: shown(spec.command),
    environment: typeof spec.environment === 'string' ? spec.environment : '',
    compute: spec.compute ?? 'local',
    cores: spec.resources?.cores ?? 1,
    memory: Math.round(((spec.resources?.memory_bytes ?? 0) / GIB) * 100) / 100,
    minutes: Math.round(((spec.timeout_s ?? 0) / 60) * 100) / 100,
    priority: String(spec.priority ?? 0),
    processes: spec.distribution?.processes ?? 1,
    variables: Object.entries(spec.env ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    inputs: [
      ...Object.entries(spec.params ?? {}).map(([name, value]) => row(name, 'literal', value)),
      ...data.map(([name, it]) => row(name, 'data', it.path, it.type, it.mode)),
      ...sent.map((name) => row(name, 'sent', `${(spec.inputs?.[name] ?? []).length}`)),
    ],
    outputs: (Object.entries(spec.outputs ?? {}) as [string, JobOutput][]).map(([name, it]) => ({
      key: nextKey(),
      name,
      type: it.type ?? 'uri_folder',
      register: it.name ?? '',
      path: it.path ?? '',
    })),
  };
}

function row(
  name: string,
  kind: InputRow['kind'],
  value: string,
  type = 'uri_folder',
  mode = 'ro_mount',
): InputRow {
  return { key: nextKey(), name, kind, value, type, mode };
}

/** A command of several words as a shell would read it. */
function shown(words: readonly string[]): string {
  if (words.length === 1) return (words[0] ?? '').trim();
  return words
    .map((word) => (/[\s"'$|&;<>]/.test(word) && !word.startsWith('${{') ? quoted(word) : word))
    .join(' ');
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** Make the job of a draft. code: files that were sent for it, else those of the job that it was made from. */
export function specOf(draft: Draft, code: JobSpec['code'] | null): JobSpec {
  const { base } = draft;
  const named = draft.inputs.filter((it) => it.name.trim() !== '');
  const of = (kind: InputRow['kind']) => named.filter((it) => it.kind === kind);
  const unchanged = base !== null && draft.command === shown(base.command);
  const kept = new Set(of('sent').map((it) => it.name));
  return {
    ...base,
    kind: 'command',
    name: draft.name,
    experiment: draft.experiment || 'Default',
    command: unchanged ? base.command : [`${draft.command.trim()} `],
    code: code ?? base?.code ?? [],
    environment: unchangedEnvironment(draft) ?? draft.environment,
    compute: draft.compute || 'local',
    resources: { cores: draft.cores, memory_bytes: Math.round(draft.memory * GIB) },
    timeout_s: draft.minutes > 0 ? draft.minutes * 60 : null,
    priority: Number(draft.priority),
    distribution:
      draft.processes > 1
        ? { type: base?.distribution?.type ?? 'pytorch', processes: draft.processes }
        : null,
    env: variablesOf(draft.variables),
    params: Object.fromEntries(of('literal').map((it) => [it.name, it.value])),
    data: Object.fromEntries(
      of('data').map((it) => [it.name, { type: it.type, path: it.value, mode: it.mode } as DataInput]),
    ),
    inputs: Object.fromEntries(Object.entries(base?.inputs ?? {}).filter(([name]) => kept.has(name))),
    outputs: Object.fromEntries(
      draft.outputs
        .filter((it) => it.name.trim() !== '')
        .map((it) => [
          it.name,
          {
            ...base?.outputs?.[it.name],
            type: it.type,
            name: it.register,
            path: it.path,
          } as JobOutput,
        ]),
    ),
  } as JobSpec;
}

/** An environment that was described inside of the job stays, unless another one was chosen. */
function unchangedEnvironment(draft: Draft): JobSpec['environment'] | null {
  const given = draft.base?.environment;
  return given && typeof given !== 'string' && draft.environment === '' ? given : null;
}

export function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')).trim(), line.slice(line.indexOf('=') + 1)]),
  );
}

/** What the draft lacks, in words; null when it can be sent. */
export function lackOf(draft: Draft): string | null {
  if (draft.command.trim() === '') return 'Write the command that is to run.';
  const names = draft.inputs.map((it) => it.name.trim()).filter(Boolean);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) return `Two inputs are called ${twice}.`;
  const known = new Set(names);
  for (const [, name] of draft.command
    .replace(/\$\[\[.*?\]\]/gs, '')
    .matchAll(/\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g))
    if (name && !known.has(name)) return `The command uses the input ${name}, which is not among the inputs.`;
  return null;
}
