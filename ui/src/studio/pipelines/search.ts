import { flag, integer, list, oneOf, text } from '@/kernel/search';

type Raw = Record<string, unknown>;

export const RUN_TABS = ['graph', 'gantt', 'steps', 'details'] as const;
export type RunTab = (typeof RUN_TABS)[number];
export const PANE_TABS = ['overview', 'reuse', 'data', 'log'] as const;
export type PaneTab = (typeof PANE_TABS)[number];

/** The address of a pipeline's run. */
export interface PipelineSearch {
  tab?: RunTab | undefined;
  /** The step that is looked at, by its path; `run`: by the id of its run, as a run's page links it. */
  step?: string | undefined;
  run?: string | undefined;
  /** What of it. */
  part?: PaneTab | undefined;
  /** Steps that are folded or shown the other way round than usual. */
  fold?: string[] | undefined;
  /** Steps table: part of a name, state, order. */
  q?: string | undefined;
  state?: string | undefined;
  sort?: string | undefined;
  /** Gantt: how many times wider than the window. */
  wide?: number | undefined;
  /** Data of a step: the output and the file that are open. */
  output?: string | undefined;
  file?: string | undefined;
  /** Log of a step: what is sought, and the line. */
  find?: string | undefined;
  line?: number | undefined;
}

export function readPipelineSearch(raw: Raw): PipelineSearch {
  return {
    tab: oneOf(raw, 'tab', RUN_TABS),
    step: text(raw, 'step'),
    run: text(raw, 'run'),
    part: oneOf(raw, 'part', PANE_TABS),
    fold: list(raw, 'fold'),
    q: text(raw, 'q'),
    state: text(raw, 'state'),
    sort: text(raw, 'sort'),
    wide: integer(raw, 'wide'),
    output: text(raw, 'output'),
    file: text(raw, 'file'),
    find: text(raw, 'find'),
    line: integer(raw, 'line'),
  };
}

export type Change = (next: PipelineSearch, replace?: boolean) => void;

export const LIST_TABS = ['runs', 'drafts', 'components', 'published'] as const;
export interface ListSearch {
  tab?: (typeof LIST_TABS)[number] | undefined;
  q?: string | undefined;
  state?: string[] | undefined;
  sort?: string | undefined;
  /** Runs that are ticked, to be compared. */
  sel?: string[] | undefined;
  archived?: boolean | undefined;
}

export function readListSearch(raw: Raw): ListSearch {
  return {
    tab: oneOf(raw, 'tab', LIST_TABS),
    q: text(raw, 'q'),
    state: list(raw, 'state'),
    sort: text(raw, 'sort'),
    sel: list(raw, 'sel'),
    archived: flag(raw, 'archived'),
  };
}
