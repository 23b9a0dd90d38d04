import { count, duration, metric } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import { SYSTEM } from '../run/metricGroups';
import type { Statistic } from './search';

export type Comparison = components['schemas']['RunComparison'];
export type ComparedRun = components['schemas']['ComparedRun'];

/** One thing that runs have: a row of the table, an axis, a column of a scatter. Items follow the order of the runs. */
export interface Field {
  id: string;
  kind: 'about' | 'metric' | 'param' | 'tag' | 'system';
  key: string;
  /** As texts; null where a run has none. */
  readonly texts: readonly (string | null)[];
  /** One of them: ten thousand numbers are not written out when a table shows two hundred. */
  text: (index: number) => string | null;
  /** As numbers, when all that is there are numbers. */
  numbers: readonly (number | null)[] | null;
  differs: boolean;
  /** Length of the longest series of a metric. */
  points: number;
}

export const KINDS: Record<Field['kind'], string> = {
  about: 'About the run',
  metric: 'Metrics',
  param: 'Params',
  tag: 'Tags',
  system: 'System metrics',
};

/** A param is a number when every run that has it has a number. */
export function asNumbers(texts: readonly (string | null | undefined)[]): (number | null)[] | null {
  let some = false;
  const numbers: (number | null)[] = [];
  for (const text of texts) {
    if (text === null || text === undefined) numbers.push(null);
    else {
      const value = text.trim() === '' ? NaN : Number(text);
      if (!Number.isFinite(value)) return null;
      some = true;
      numbers.push(value);
    }
  }
  return some ? numbers : null;
}

function differs(values: readonly unknown[]): boolean {
  return new Set(values).size > 1;
}

const told = (texts: readonly (string | null)[]) => ({
  texts,
  text: (index: number) => texts[index] ?? null,
});

function about(runs: readonly ComparedRun[]): Field[] {
  const row = (key: string, read: (run: ComparedRun) => string | null | undefined): Field => {
    const texts = runs.map((run) => read(run) ?? null);
    return {
      id: `a.${key}`,
      kind: 'about',
      key,
      ...told(texts),
      numbers: null,
      differs: differs(texts),
      points: 0,
    };
  };
  const seconds = runs.map((run) => run.duration_s ?? null);
  const rows = [
    row('experiment', (run) => run.experiment),
    row('state', (run) => (run.lifecycle === 'deleted' ? `${run.state}, deleted` : run.state)),
    row('started', (run) => run.started_at.slice(0, 16).replace('T', ' ')),
    { ...row('duration', (run) => duration(run.duration_s)), numbers: seconds, differs: differs(seconds) },
    row('user', (run) => run.user),
    row('kind', (run) => run.kind),
    row('source', (run) => run.source),
    row('commit', (run) => run.commit?.slice(0, 12)),
    row('datasets', (run) => (run.datasets ?? []).join(', ') || null),
  ];
  return rows.filter((field) => field.texts.some((value) => value !== null && value !== ''));
}

/** Everything that was compared, as fields: about, metrics, params, tags, and what was measured of the machine. */
export function fieldsOf(found: Comparison, statistic: Statistic = 'last'): Field[] {
  const metrics = found.metrics.map((row): Field => {
    const numbers = row[statistic];
    const special = { last: row.special, low: row.low_special, high: row.high_special }[statistic] ?? {};
    const text = (value: number | null, index: number) =>
      special[String(index)] ?? (value === null ? null : metric(value));
    return {
      id: `m.${row.key}`,
      kind: row.key.startsWith(SYSTEM) ? 'system' : 'metric',
      key: row.key,
      text: (index) => text(numbers[index] ?? null, index),
      get texts() {
        return numbers.map(text);
      },
      numbers,
      differs: row.differs,
      points: row.points,
    };
  });
  const texts = (kind: 'param' | 'tag', rows: Comparison['params']) =>
    rows.map((row): Field => ({
      id: `${kind === 'param' ? 'p' : 't'}.${row.key}`,
      kind,
      key: row.key,
      ...told(row.values),
      numbers: kind === 'param' ? asNumbers(row.values) : null,
      differs: row.differs,
      points: 0,
    }));
  return [
    ...about(found.runs),
    ...metrics.filter((field) => field.kind === 'metric'),
    ...texts('param', found.params),
    ...texts('tag', found.tags),
    ...metrics.filter((field) => field.kind === 'system'),
  ];
}

const LOWER =
  /(^|[^a-z])(loss|losses|error|errors|err|mse|rmse|rmsle|mae|mape|smape|wape|deviance|perplexity|ppl|wer|cer|fid|kl|nll|bpb|bpc|brier|hinge|gini_impurity|time|duration|latency|seconds|elapsed|ms|memory|rss|fpr|fnr|regret|logloss|crossentropy|divergence|distance)([^a-z]|$)/;

/** Whether less of a metric is better, as its name tells. `flipped` are those where the person says otherwise. */
export function lowerIsBetter(field: Field, flipped: readonly string[] = []): boolean {
  const name = field.key.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  const told = field.id === 'a.duration' || LOWER.test(name) || /(loss|error)$/.test(name);
  return told !== flipped.includes(field.id);
}

/** Index of the best run of a metric, null when all are the same or there are no numbers. */
export function bestOf(field: Field, among: readonly number[], lower: boolean): number | null {
  if (!field.numbers || field.kind !== 'metric') return null;
  let best: number | null = null;
  let all = true;
  for (const index of among) {
    const value = field.numbers[index];
    if (value === null || value === undefined) continue;
    const top = best === null ? null : field.numbers[best];
    if (top !== null && top !== undefined && value !== top) all = false;
    if (top === null || top === undefined || (lower ? value < top : value > top)) best = index;
  }
  return all ? null : best;
}

export interface Delta {
  text: string;
  /** 1 better, -1 worse, 0 the same. */
  tone: -1 | 0 | 1;
}

/** A value as its distance from the baseline's: absolute, and as a share where that means something. */
export function deltaOf(field: Field, index: number, base: number, lower: boolean): Delta | null {
  const value = field.numbers?.[index];
  const from = field.numbers?.[base];
  if (value === null || value === undefined || from === null || from === undefined || index === base)
    return null;
  const by = value - from;
  if (by === 0) return { text: '±0', tone: 0 };
  const percent = Math.abs((by / from) * 100);
  const written = percent < 1000 ? percent.toPrecision(3) : count(Math.round(percent));
  const share = from === 0 ? '' : ` (${by > 0 ? '+' : '−'}${written}%)`;
  const size = field.id === 'a.duration' ? duration(Math.abs(by)) : metric(Math.abs(by), 3);
  const better = lower ? by < 0 : by > 0;
  const judged = field.kind === 'metric' || field.id === 'a.duration';
  return { text: `${by > 0 ? '+' : '−'}${size}${share}`, tone: judged ? (better ? 1 : -1) : 0 };
}

/** The order of runs by a field: numbers before texts, missing last; `-` in front turns it. */
export function ordered(indices: readonly number[], field: Field | undefined, down: boolean): number[] {
  if (!field) return [...indices];
  const { numbers, texts } = field;
  const sign = down ? -1 : 1;
  return [...indices].sort((a, b) => {
    const left = numbers ? numbers[a] : texts[a];
    const right = numbers ? numbers[b] : texts[b];
    if (left === null || left === undefined) return right === null || right === undefined ? a - b : 1;
    if (right === null || right === undefined) return -1;
    if (typeof left === 'number' && typeof right === 'number') return sign * (left - right) || a - b;
    return sign * String(left).localeCompare(String(right), undefined, { numeric: true }) || a - b;
  });
}
