import type { components } from '@/kernel/schema';
import { script, shown } from './command';
import { lackOfSecrets, secretRowsOf, secretsOf, type SecretRow } from './secrets';
import { lackOfVariables, linesOf, variablesOf } from './variables';

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
  warm: boolean;
  variables: string;
  secrets: SecretRow[];
  inputs: InputRow[];
  outputs: OutputRow[];
}

const PRIORITIES = [
  { value: '-10', label: 'Low' },
  { value: '0', label: 'Normal' },
  { value: '10', label: 'High' },
];
const GIB = 2 ** 30;
const DIFF = 'code/git.diff'; // how the code differed from its commit
const SOURCE = 'mlflow.source.'; // tags that say where the code is from
let keys = 0;
export const nextKey = () => ++keys;

/** The priorities to choose from, and one that only the job it is made from has. */
export function prioritiesWith(own: string): { value: string; label: string }[] {
  const known = PRIORITIES.some((one) => one.value === own);
  return known ? PRIORITIES : [...PRIORITIES, { value: own, label: own }];
}

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
    warm: false,
    variables: '',
    secrets: [],
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
    memory: memoryOf(spec),
    minutes: minutesOf(spec),
    priority: String(spec.priority ?? 0),
    processes: spec.distribution?.processes ?? 1,
    warm: spec.warm ?? false,
    variables: linesOf(spec.env ?? {}),
    secrets: secretRowsOf(spec, nextKey),
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

// limits as the form shows them; one that nobody touches goes back as it was, not as it is shown
const memoryOf = (spec: JobSpec) => rounded((spec.resources?.memory_bytes ?? 0) / GIB);
const minutesOf = (spec: JobSpec) => rounded((spec.timeout_s ?? 0) / 60);
const rounded = (value: number) => Number(value.toFixed(value < 1 ? 6 : 2));

/** Rows without the spaces around their names, and without those that nobody filled in. */
function rowsOf<R extends { name: string }>(rows: readonly R[]): R[] {
  return rows.map((it) => ({ ...it, name: it.name.trim() })).filter((it) => it.name !== '');
}

/** Make the job of a draft. code: files that were sent for it, else those of the job that it was made from. */
export function specOf(draft: Draft, code: JobSpec['code'] | null): JobSpec {
  const { base } = draft;
  const rows = rowsOf(draft.inputs);
  const of = (kind: InputRow['kind']) => rows.filter((it) => it.kind === kind);
  const kept = new Set(of('sent').map((it) => it.name));
  const same = {
    command: base !== null && draft.command === shown(base.command),
    memory: base !== null && draft.memory === memoryOf(base),
    minutes: base !== null && draft.minutes === minutesOf(base),
    processes: base !== null && draft.processes === (base.distribution?.processes ?? 1),
  };
  return {
    ...base,
    kind: 'command',
    name: draft.name,
    experiment: draft.experiment || 'Default',
    command: same.command ? base?.command : script(draft.command),
    ...codeOf(base, code),
    environment: unchangedEnvironment(draft) ?? draft.environment,
    compute: draft.compute || 'local',
    resources: {
      ...base?.resources,
      cores: draft.cores,
      memory_bytes: same.memory ? base?.resources?.memory_bytes : Math.round(draft.memory * GIB),
    },
    timeout_s: same.minutes ? base?.timeout_s : draft.minutes > 0 ? draft.minutes * 60 : null,
    priority: Number(draft.priority),
    distribution: same.processes
      ? base?.distribution
      : draft.processes > 1
        ? { type: base?.distribution?.type ?? 'pytorch', processes: draft.processes }
        : null,
    warm: draft.warm,
    env: variablesOf(draft.variables, base?.env),
    secrets: secretsOf(draft.secrets, base),
    params: Object.fromEntries(of('literal').map((it) => [it.name, it.value])),
    data: Object.fromEntries(
      of('data').map((it) => [it.name, { type: it.type, path: it.value.trim(), mode: it.mode } as DataInput]),
    ),
    inputs: Object.fromEntries(Object.entries(base?.inputs ?? {}).filter(([name]) => kept.has(name))),
    outputs: Object.fromEntries(
      rowsOf(draft.outputs).map((it) => [
        it.name,
        {
          ...base?.outputs?.[it.name],
          type: it.type,
          name: it.register.trim(),
          path: it.path.trim(),
        } as JobOutput,
      ]),
    ),
  } as JobSpec;
}

/** Other code is not of the commit that the old one was of: what was kept of that goes with it. */
function codeOf(base: JobSpec | null, code: JobSpec['code'] | null): Partial<JobSpec> {
  if (code === null) return { code: base?.code ?? [] };
  return {
    code,
    artifacts: (base?.artifacts ?? []).filter((it) => it.path !== DIFF),
    tags: Object.fromEntries(Object.entries(base?.tags ?? {}).filter(([name]) => !name.startsWith(SOURCE))),
  };
}

/** An environment that was described inside of the job stays, unless another one was chosen. */
function unchangedEnvironment(draft: Draft): JobSpec['environment'] | null {
  const given = draft.base?.environment;
  return given && typeof given !== 'string' && draft.environment === '' ? given : null;
}

/** What the draft lacks, in words; null when it can be sent. */
export function lackOf(draft: Draft): string | null {
  if (draft.command.trim() === '') return 'Write the command that is to run.';
  const bare = draft.inputs.find((it) => it.name.trim() === '' && it.value.trim() !== '');
  if (bare) return `Give the input ${bare.value.trim().slice(0, 40)} a name.`;
  const inputs = rowsOf(draft.inputs);
  const names = inputs.map((it) => it.name);
  const twice = repeated(names);
  if (twice) return `Two inputs are called ${twice}.`;
  const nowhere = inputs.find((it) => it.kind === 'data' && it.value.trim() === '');
  if (nowhere) return `Say where the data of the input ${nowhere.name} is.`;
  const wanted = draft.outputs.find(
    (it) => it.name.trim() === '' && `${it.register}${it.path}`.trim() !== '',
  );
  if (wanted) return `Give the output ${(wanted.register || wanted.path).trim()} a name.`;
  const double = repeated(rowsOf(draft.outputs).map((it) => it.name));
  if (double) return `Two outputs are called ${double}.`;
  const variables =
    lackOfVariables(draft.variables) ??
    lackOfSecrets(draft.secrets, Object.keys(variablesOf(draft.variables, draft.base?.env)));
  if (variables) return variables;
  const known = new Set(names);
  for (const [, name] of draft.command
    .replace(/\$\[\[.*?\]\]/gs, '')
    .matchAll(/\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g))
    if (name && !known.has(name)) return `The command uses the input ${name}, which is not among the inputs.`;
  return null;
}

const repeated = (names: readonly string[]) => names.find((name, index) => names.indexOf(name) !== index);
