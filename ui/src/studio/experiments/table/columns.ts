import type { components } from '@/kernel/schema';
import { keyed } from './conditions';

export type RunRecord = components['schemas']['RunRecord'];
export type RunColumns = components['schemas']['RunColumns'];
export type Direction = 'up' | 'down';

/** Attributes of runs that have a column: how it is called, sorted by on the server, and how wide it is. */
export const ATTRIBUTES: Readonly<
  Record<string, { header: string; order?: string; width: number; right?: boolean; export?: string }>
> = {
  name: { header: 'Run', order: 'attributes.run_name', width: 240, export: 'name' },
  state: { header: 'State', order: 'attributes.state', width: 120, export: 'state' },
  progress: { header: 'Progress', width: 140 },
  experiment: { header: 'Experiment', order: 'attributes.experiment', width: 140, export: 'experiment' },
  kind: { header: 'Kind', order: 'attributes.kind', width: 96, export: 'kind' },
  user: { header: 'User', order: 'attributes.user_id', width: 96, export: 'user' },
  created: { header: 'Started', order: 'attributes.start_time', width: 110, export: 'started_at' },
  ended: { header: 'Ended', order: 'attributes.end_time', width: 110, export: 'ended_at' },
  duration: {
    header: 'Duration',
    order: 'attributes.duration',
    width: 110,
    right: true,
    export: 'duration',
  },
  compute: { header: 'Compute', order: 'attributes.compute', width: 110 },
  error: { header: 'Error', order: 'attributes.error', width: 260, export: 'error' },
  id: { header: 'Id', order: 'attributes.run_id', width: 130, export: 'id' },
  removal: { header: 'Removed for good', width: 150 },
};

export type Family = 'attribute' | 'param' | 'tag' | 'metric';
export type Of = 'last' | 'min' | 'max' | 'best';
export interface ColumnSpec {
  id: string;
  family: Family;
  key: string;
  of: Of;
}

const PREFIX: Record<string, [Family, Of]> = {
  p: ['param', 'last'],
  t: ['tag', 'last'],
  m: ['metric', 'last'],
  min: ['metric', 'min'],
  max: ['metric', 'max'],
  best: ['metric', 'best'],
};

/** Read a column's id: `name`, `p.depth`, `t.team`, `m.auc`, `best.auc`; null for what is none. */
export function specOf(id: string): ColumnSpec | null {
  const at = id.indexOf('.');
  if (at < 0) return id in ATTRIBUTES ? { id, family: 'attribute', key: id, of: 'last' } : null;
  const kind = PREFIX[id.slice(0, at)];
  const key = id.slice(at + 1);
  return kind && key ? { id, family: kind[0], key, of: kind[1] } : null;
}

const FAMILIES: Record<Family, string> = {
  attribute: 'attributes',
  param: 'params',
  tag: 'tags',
  metric: 'metrics',
};

/** `metrics.auc`, as the grammar names it. */
export function named(spec: ColumnSpec): string {
  return `${FAMILIES[spec.family]}.${keyed(spec.key)}`;
}

export function headerOf(spec: ColumnSpec): string {
  if (spec.family === 'attribute') return ATTRIBUTES[spec.key]?.header ?? spec.key;
  return spec.of === 'last' ? spec.key : `${spec.key} ${spec.of}`;
}

const LOWER =
  /loss|error|err\b|rmse|\bmse|\bmae|mape|perplexity|\bfpr|latency|duration|time|regret|wer\b|cer\b|deviance/i;

/** Which way a metric is better, by its name, unless a person has said otherwise. */
export function directionOf(metric: string, chosen: Readonly<Record<string, Direction>>): Direction {
  return chosen[metric] ?? (LOWER.test(metric) ? 'down' : 'up');
}

/** `best` is the highest or the lowest of the series. */
export function extreme(
  spec: ColumnSpec,
  chosen: Readonly<Record<string, Direction>>,
): 'last' | 'min' | 'max' {
  if (spec.of !== 'best') return spec.of;
  return directionOf(spec.key, chosen) === 'up' ? 'max' : 'min';
}

/** What the server is asked to sort by. */
export function orderOf(
  spec: ColumnSpec,
  desc: boolean,
  chosen: Readonly<Record<string, Direction>>,
): string | null {
  const way = desc ? 'DESC' : 'ASC';
  if (spec.family === 'attribute') {
    const order = ATTRIBUTES[spec.key]?.order;
    return order ? `${order} ${way}` : null;
  }
  const of = extreme(spec, chosen);
  return of === 'last' ? `${named(spec)} ${way}` : `${of}(${named(spec)}) ${way}`;
}

/** Names of records that the rows need. */
export function wantedOf(specs: readonly ColumnSpec[]): string[] {
  return [...new Set(specs.filter((spec) => spec.family !== 'attribute').map(named))];
}

/** Columns of an exported file, in the table's order. */
export function exportedOf(
  specs: readonly ColumnSpec[],
  chosen: Readonly<Record<string, Direction>>,
): string[] {
  const found = specs.flatMap((spec) => {
    if (spec.family === 'attribute') {
      const field = ATTRIBUTES[spec.key]?.export;
      return field ? [`attributes.${field}`] : [];
    }
    const of = extreme(spec, chosen);
    return [of === 'last' ? named(spec) : `${of}(${named(spec)})`];
  });
  return [...new Set(['attributes.id', ...found])];
}

const SHOWN_METRICS = 3;
const SHOWN_PARAMS = 2;

/** The columns of a table nobody has arranged yet. */
export function defaultColumns(
  known: RunColumns | undefined,
  options: { oneExperiment: boolean; bin: boolean },
): string[] {
  const own = (name: string) => !/^(system\/|mlflow\.)/.test(name);
  const metrics = (known?.metrics ?? []).filter((one) => own(one.name)).slice(0, SHOWN_METRICS);
  const params = options.oneExperiment ? (known?.params ?? []).slice(0, SHOWN_PARAMS) : [];
  return [
    'name',
    'state',
    ...metrics.map((one) => `m.${one.name}`),
    ...params.map((one) => `p.${one.name}`),
    ...(options.oneExperiment ? [] : ['experiment']),
    'kind',
    'user',
    'created',
    'duration',
    ...(options.bin ? ['removal'] : []),
  ];
}

/** The number of a metric's column. */
export function metricOf(
  record: RunRecord,
  spec: ColumnSpec,
  chosen: Readonly<Record<string, Direction>>,
): { value: number | null; special: string | null } | null {
  const found = record.metrics[spec.key];
  if (!found) return null;
  const of = extreme(spec, chosen);
  if (of === 'min') return { value: found.low ?? null, special: null };
  if (of === 'max') return { value: found.high ?? null, special: null };
  return { value: found.value ?? null, special: found.special ?? null };
}
