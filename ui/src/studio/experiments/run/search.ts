import { flag, integer, list, oneOf, text } from '@/kernel/search';

type Raw = Record<string, unknown>;

export const RUN_TABS = [
  'overview',
  'metrics',
  'gallery',
  'children',
  'code',
  'log',
  'artifacts',
  'system',
  'documents',
  'traces',
] as const;
export type RunTab = (typeof RUN_TABS)[number];

export interface RunSearch {
  tab?: RunTab | undefined;
  /** Part of a name: of metrics, files, pictures; in the log, text. */
  q?: string | undefined;
  /** Charts: what x means, the part of it that is shown ("10~200"), logarithmic y, smoothing in percent. */
  x?: 'step' | 'time' | 'relative' | undefined;
  zoom?: string | undefined;
  log?: boolean | undefined;
  smooth?: number | undefined;
  /** Charts: pinned metrics, folded groups. */
  pin?: string[] | undefined;
  fold?: string[] | undefined;
  /** Gallery: the step that is looked at; none: the last. */
  step?: number | undefined;
  /** Artifacts, code and documents: what is open. */
  path?: string | undefined;
  /** Children: order, and the runs whose own children are shown. */
  sort?: string | undefined;
  open?: string[] | undefined;
  /** Traces: MLflow's filter. */
  filter?: string | undefined;
  /** Log: the line that is shown. */
  line?: number | undefined;
}

export function readRunSearch(raw: Raw): RunSearch {
  const smooth = integer(raw, 'smooth');
  return {
    tab: oneOf(raw, 'tab', RUN_TABS),
    q: text(raw, 'q'),
    x: (['step', 'time', 'relative'] as const).find((axis) => axis === raw['x']), // which one is the default depends on the run
    zoom: text(raw, 'zoom'),
    log: flag(raw, 'log'),
    smooth: smooth === undefined ? undefined : Math.max(0, Math.min(99, smooth)),
    pin: list(raw, 'pin'),
    fold: list(raw, 'fold'),
    step: integer(raw, 'step'),
    path: text(raw, 'path'),
    sort: text(raw, 'sort'),
    open: list(raw, 'open'),
    filter: text(raw, 'filter'),
    line: integer(raw, 'line'),
  };
}
