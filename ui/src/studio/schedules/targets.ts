import type { Target } from './queries';

/** An input of what runs, as it is typed. data: its text is where the data is. */
export interface TargetInput {
  name: string;
  text: string;
  data: boolean;
}

interface Data {
  path: string;
}
const isData = (value: unknown): value is Data =>
  typeof value === 'object' && value !== null && typeof (value as Data).path === 'string';

/** Files that were sent along with a pipeline: they have no address, and make room for one that is typed. */
const isSent = (value: unknown): value is { type?: string; files: unknown[] } =>
  typeof value === 'object' && value !== null && Array.isArray((value as { files?: unknown }).files);

const shown = (name: string, value: unknown): TargetInput => ({
  name,
  text: isData(value) ? value.path : isSent(value) ? '' : String(value),
  data: isData(value) || isSent(value),
});

/** What of an AutoML run may be another for a schedule. */
const AUTOML = ['dataset', 'target', 'metric', 'time_limit', 'max_trials'];

/** The same in words. */
export const SETTINGS: Record<string, string> = {
  dataset: 'Dataset',
  target: 'Target',
  metric: 'Metric',
  time_limit: 'Time limit in seconds',
  max_trials: 'Models at most',
};

/** The inputs of what a schedule runs. Files that were sent with a job have no address, and are not among them. */
export function inputsOf(target: Target): TargetInput[] {
  if (target.kind === 'published')
    return Object.entries(target.inputs ?? {}).map(([name, one]) => shown(name, one));
  if (target.kind === 'automl') return AUTOML.map((name) => shown(name, target.spec[name] ?? ''));
  if (target.kind === 'pipeline')
    return Object.entries(target.spec.values ?? {}).map(([name, one]) => shown(name, one));
  return [
    ...Object.entries(target.spec.data ?? {}).map(([name, one]) => shown(name, one)),
    ...Object.entries(target.spec.params ?? {}).map(([name, one]) => shown(name, one)),
  ];
}

/** A text as the value that it replaces is: numbers and truths stay such while they can be read as such. */
function like(old: unknown, text: string): unknown {
  if (isData(old)) {
    const file = text.includes('trigger.path') ? { type: 'uri_file' } : {};
    return { ...old, ...(text === old.path ? {} : file), path: text };
  }
  if (isSent(old)) return text.trim() === '' ? old : { type: old.type ?? 'uri_folder', path: text };
  if (typeof old === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  if (typeof old === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text;
}

/** Settings of an AutoML run with another text for one: numbers and nothing are such. */
function withSetting(spec: Record<string, unknown>, name: string, text: string): Record<string, unknown> {
  const number = name === 'time_limit' || name === 'max_trials';
  return { ...spec, [name]: !number ? text : text.trim() === '' ? null : like(0, text) };
}

/** What runs, with another text for one of its inputs. */
export function withInput(target: Target, name: string, text: string): Target {
  const put = (old: Record<string, unknown> | undefined) => ({ ...old, [name]: like(old?.[name], text) });
  if (target.kind === 'published') return { ...target, inputs: put(target.inputs) } as Target;
  if (target.kind === 'automl') return { ...target, spec: withSetting(target.spec, name, text) };
  if (target.kind === 'pipeline')
    return { ...target, spec: { ...target.spec, values: put(target.spec.values) } } as Target;
  const part = name in (target.spec.data ?? {}) ? 'data' : 'params';
  return { ...target, spec: { ...target.spec, [part]: put(target.spec[part]) } } as Target;
}

/** What expressions a trigger has, for its values. */
export const EXPRESSIONS: Record<string, string> = {
  cron: '${{trigger.time}}, ${{name}}',
  recurrence: '${{trigger.time}}, ${{name}}',
  dataset: '${{trigger.path}}, ${{trigger.dataset}}, ${{trigger.version}}, ${{trigger.time}}, ${{name}}',
  files:
    '${{trigger.path}}, ${{trigger.file}}, ${{trigger.folder}}, ${{trigger.files}}, ${{trigger.time}}, ${{name}}',
};
