import { flag, list, oneOf, text } from '@/kernel/search';
import { readBrushes, type Brushes } from '@/kit/charts/parallel';

type Raw = Record<string, unknown>;

export const TABS = ['table', 'curves', 'parallel', 'scatter', 'code', 'artifacts'] as const;
export type CompareTab = (typeof TABS)[number];
export const STATISTICS = ['last', 'low', 'high'] as const;
export type Statistic = (typeof STATISTICS)[number];
export const OVER = ['step', 'time', 'relative'] as const;
export type Over = (typeof OVER)[number];

/** All of the page's state. Fields are named `p.lr`, `m.auc`, `t.team`, `a.duration`; runs by the tail of their id. */
export interface CompareSearch {
  /** Ids, while they are few; else `set`, the name of a stored selection. */
  runs?: string[] | undefined;
  set?: string | undefined;
  tab?: CompareTab | undefined;
  base?: string | undefined;
  hide?: string[] | undefined;
  brush?: string | undefined;
  stat?: Statistic | undefined;
  /** Metrics of which the other direction is better than their name tells. */
  flipped?: string[] | undefined;
  /** Table: rows that are the same too; runs as rows; sort; part of a name. */
  all?: boolean | undefined;
  turn?: boolean | undefined;
  sort?: string | undefined;
  q?: string | undefined;
  /** Curves. */
  metrics?: string[] | undefined;
  over?: Over | undefined;
  /** The part of x that is shown: "10~200". */
  zoom?: string | undefined;
  log?: boolean | undefined;
  smooth?: number | undefined;
  group?: string | undefined;
  alone?: string | undefined;
  /** Parallel coordinates and scatter. */
  axes?: string[] | undefined;
  logs?: string[] | undefined;
  colour?: string | undefined;
  x?: string | undefined;
  y?: string | undefined;
  contour?: boolean | undefined;
  /** Scatter: dragging draws around runs; the runs that are chosen. */
  lasso?: boolean | undefined;
  sel?: string[] | undefined;
  /** Code and artifacts: what is open, and the two runs of a diff. */
  path?: string | undefined;
  first?: string | undefined;
  second?: string | undefined;
}

export function readCompareSearch(raw: Raw): CompareSearch {
  const smooth = Number(raw.smooth);
  return {
    runs: list(raw, 'runs'),
    set: text(raw, 'set'),
    tab: oneOf(raw, 'tab', TABS),
    base: text(raw, 'base'),
    hide: list(raw, 'hide'),
    brush: text(raw, 'brush'),
    stat: oneOf(raw, 'stat', STATISTICS),
    flipped: list(raw, 'flipped'),
    all: flag(raw, 'all'),
    turn: flag(raw, 'turn'),
    sort: text(raw, 'sort'),
    q: text(raw, 'q'),
    metrics: list(raw, 'metrics'),
    over: oneOf(raw, 'over', OVER),
    zoom: text(raw, 'zoom'),
    log: flag(raw, 'log'),
    smooth: smooth > 0 && smooth < 1 ? smooth : undefined,
    group: text(raw, 'group'),
    alone: text(raw, 'alone'),
    axes: list(raw, 'axes'),
    logs: list(raw, 'logs'),
    colour: text(raw, 'colour'),
    x: text(raw, 'x'),
    y: text(raw, 'y'),
    contour: flag(raw, 'contour'),
    lasso: flag(raw, 'lasso'),
    sel: list(raw, 'sel'),
    path: text(raw, 'path'),
    first: text(raw, 'first'),
    second: text(raw, 'second'),
  };
}

export type Change = (next: Partial<CompareSearch>, replace?: boolean) => void;

/** What `brush` of the address says. */
export function brushesOf(search: CompareSearch): Brushes {
  return readBrushes(search.brush);
}

/** The tail of an id: enough to tell two hundred runs apart, and short in an address. */
export function tail(id: string): string {
  return id.slice(-10);
}
