import { count } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import type { Counts, Reuse, Step, StepDetail } from './queries';

/** What a step is called on the pages. */
export function titleOf(step: Pick<Step, 'title' | 'name' | 'path'>): string {
  return step.title || step.name || step.path;
}

const KINDS: Record<Step['kind'], string> = {
  command: 'Command',
  sweep: 'Sweep',
  parallel: 'Parallel job',
  notebook: 'Notebook',
  spark: 'Spark job',
  automl: 'Automated ML',
  pipeline: 'Pipeline',
  if_else: 'Condition',
  parallel_for: 'Fan-out',
  do_while: 'Loop',
};
export const kindOf = (step: Pick<Step, 'kind'>): string => KINDS[step.kind] ?? step.kind;

const OUTCOMES: Record<Reuse['outcome'], string> = {
  reused: 'Reused',
  taken: 'Taken over from the run before',
  missed: 'Ran: no earlier result fits',
  off: 'Ran: reuse is off for this step',
  forced: 'Ran: earlier results were not to be taken',
  unknowable: 'Ran: the content of an input is not known',
  waits: 'Waits: the same is being computed',
};
export const outcomeOf = (reuse: Pick<Reuse, 'outcome'>): string => OUTCOMES[reuse.outcome] ?? reuse.outcome;

/** Steps that are over, of all: what a progress bar shows. */
export function doneOf(counts: Counts): number {
  const { completed = 0, reused = 0, failed = 0, skipped = 0, canceled = 0 } = counts;
  return completed + reused + failed + skipped + canceled;
}

/** `12 completed, 3 reused, 1 failed`: what there is, in words. */
export function countsOf(counts: Counts): string {
  const parts = (
    ['completed', 'reused', 'running', 'waiting', 'failed', 'skipped', 'canceled'] as const
  ).flatMap((name) => (counts[name] ? [`${count(counts[name])} ${name}`] : []));
  return parts.join(', ') || 'no steps';
}

type Port = components['schemas']['Port'];

/** `1 … 10`, `adam, sgd`: what an input may be. */
export function allowedOf(port: Pick<Port, 'min' | 'max' | 'enum'>): string {
  if (port.enum && port.enum.length > 0) return port.enum.join(', ');
  const [low, high] = [port.min ?? null, port.max ?? null];
  if (low !== null && high !== null) return `${low} … ${high}`;
  if (low !== null) return `at least ${low}`;
  return high !== null ? `at most ${high}` : '–';
}

export type Given = components['schemas']['PipelineDetail']['values'][string];

/** What an input was given, to be read: a value, where data is, how many files were sent. */
/** A part of a step's key as people write it: of a parameter its value, which stands beside its type. */
export function partText(name: string, text: string): string {
  if (!name.startsWith('parameter ')) return text;
  const pair = /^\["[a-z_]+",(.*)\]$/s.exec(text)?.[1];
  if (pair === undefined) return text;
  try {
    const value: unknown = JSON.parse(pair);
    return typeof value === 'string' ? value : pair;
  } catch {
    return text;
  }
}

/** A compute as its page names it; files of Azure ML write a prefix. */
export const computeName = (text: string) => text.replace(/^azureml:/, '');

export function givenText(given: Given): string {
  if (typeof given !== 'object' || given === null) return String(given);
  if ('path' in given) return given.path;
  const number = given.files.length;
  return `${count(number)} ${number === 1 ? 'file' : 'files'} sent along`;
}

/** How a loop that has completed came to its end; null for another step. */
export function loopEnd(detail: Pick<StepDetail, 'state' | 'step' | 'outputs'>): string | null {
  const { state, step, outputs } = detail;
  if (step.kind !== 'do_while' || state.state !== 'Completed') return null;
  const told = String(step.condition ?? '').trim();
  const name = /outputs\.([\w-]+)/.exec(told)?.[1] ?? told;
  return outputs[name]?.value === true
    ? `ended at its limit of ${count(step.max_iterations)} turns: ${name} was still true`
    : `ended when ${name} was false`;
}
