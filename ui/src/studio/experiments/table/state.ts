import { flag, list, text } from '@/kernel/search';
import { withCondition } from './conditions';

type Raw = Record<string, unknown>;

/** All that the table of runs shows is in its address. */
export interface TableSearch {
  /** The search: MLflow's filter, or words of the name. */
  q?: string | undefined;
  /** Ids of experiments. */
  exp?: string[] | undefined;
  /** One experiment by its name, as other pages link to it. */
  experiment?: string | undefined;
  /** `-m.auc,name` */
  sort?: string | undefined;
  /** Columns in their order. */
  cols?: string[] | undefined;
  /** So many of them stay at the left. */
  pin?: string | undefined;
  /** `name:240,m.auc:90` */
  w?: string | undefined;
  /** What runs are grouped by, such as `p.depth`. */
  group?: string[] | undefined;
  /** Children beside all others, instead of below their parents. */
  all?: boolean | undefined;
  bin?: boolean | undefined;
  sel?: string[] | undefined;
  /** Id of the saved view this came from. */
  view?: string | undefined;
}

const STATES: Record<string, string[]> = {
  waiting: ['NotStarted', 'Queued', 'Provisioning', 'Preparing', 'Starting'],
  running: ['Running', 'Finalizing'],
  completed: ['Completed', 'Reused'],
  failed: ['Failed', 'Lost'],
  canceled: ['Canceled', 'Skipped'],
};
export const STATE_GROUPS: Readonly<Record<string, readonly string[]>> = STATES;

export function readTableSearch(raw: Raw): TableSearch {
  let q = text(raw, 'q') ?? '';
  // addresses of the first version named states and kinds beside the search
  const states = list(raw, 'state')?.flatMap((group) => STATES[group] ?? []);
  if (states && states.length > 0) q = withCondition(q, 'state', states);
  const kinds = list(raw, 'kind');
  if (kinds) q = withCondition(q, 'kind', kinds);
  return {
    q: q || undefined,
    exp: list(raw, 'exp')?.filter((id) => /^\d{1,18}$/.test(id)),
    experiment: text(raw, 'experiment'),
    sort: text(raw, 'sort'),
    cols: list(raw, 'cols'),
    pin: text(raw, 'pin'),
    w: text(raw, 'w'),
    group: list(raw, 'group'),
    all: flag(raw, 'all'),
    bin: flag(raw, 'bin'),
    sel: list(raw, 'sel'),
    view: text(raw, 'view'),
  };
}

/** What a saved view keeps: how the table looks, not what is chosen in it. */
const KEPT = ['q', 'exp', 'sort', 'cols', 'pin', 'w', 'group', 'all', 'bin'] as const;

export function stateOf(search: TableSearch): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of KEPT) {
    const value = search[key];
    if (value !== undefined) found[key] = Array.isArray(value) ? value.join(',') : String(value);
  }
  return found;
}

export function isPlain(search: TableSearch): boolean {
  return Object.keys(stateOf(search)).length === 0 && !search.experiment && !search.view;
}

export function readWidths(text_: string | undefined): Record<string, number> {
  const found: Record<string, number> = {};
  for (const part of (text_ ?? '').split(',')) {
    const at = part.lastIndexOf(':');
    const width = Number(part.slice(at + 1));
    if (at > 0 && width >= 40 && width <= 2000) found[part.slice(0, at)] = width;
  }
  return found;
}

export function writeWidths(widths: Readonly<Record<string, number>>): string | undefined {
  return (
    Object.entries(widths)
      .map(([id, width]) => `${id}:${width}`)
      .join(',') || undefined
  );
}
