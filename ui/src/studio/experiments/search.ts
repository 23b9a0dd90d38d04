import { flag, list, text } from '@/kernel/search';

type Raw = Record<string, unknown>;

export const STATE_GROUPS = {
  waiting: ['NotStarted', 'Queued', 'Provisioning', 'Preparing', 'Starting'],
  running: ['Running', 'Finalizing'],
  completed: ['Completed', 'Reused'],
  failed: ['Failed', 'Lost'],
  canceled: ['Canceled', 'Skipped'],
} as const;
export type StateGroup = keyof typeof STATE_GROUPS;

export interface ListSearch {
  experiment?: string | undefined;
  kind?: string[] | undefined;
  state?: string[] | undefined;
  /** Children of other runs too. */
  all?: boolean | undefined;
  sort?: string | undefined;
  hide?: string[] | undefined;
  sel?: string[] | undefined;
}

export function readListSearch(raw: Raw): ListSearch {
  return {
    experiment: text(raw, 'experiment'),
    kind: list(raw, 'kind'),
    state: list(raw, 'state')?.filter((group) => group in STATE_GROUPS),
    all: flag(raw, 'all'),
    sort: text(raw, 'sort'),
    hide: list(raw, 'hide'),
    sel: list(raw, 'sel'),
  };
}

/** The server's states of the chosen groups. */
export function statesOf(groups: readonly string[] | undefined): string[] {
  return (groups ?? []).flatMap((group) => [...(STATE_GROUPS[group as StateGroup] ?? [])]);
}
