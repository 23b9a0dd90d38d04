import type { AutoMLSpec } from '../documents';
import type { STEPS } from '../routes';

/** What the wizard keeps in its address. */
export interface Choice {
  step?: (typeof STEPS)[number] | undefined;
  dataset?: string | undefined;
  /** The part of a recorded split to learn from; none: all rows. */
  split?: string | undefined;
  target?: string | undefined;
  task?: 'auto' | 'classification' | 'regression' | undefined;
  metric?: string | undefined;
  time?: number | undefined;
  trials?: number | undefined;
  seed?: number | undefined;
  cores?: number | undefined;
  drop?: string[] | undefined;
  blocked?: string[] | undefined;
  name?: string | undefined;
  model?: string | undefined;
}

export type Step = (typeof STEPS)[number];
export const DEFAULT_SECONDS = 60;

/** The first step that lacks something; nothing when all is said. */
export function missing(choice: Choice): Step | null {
  if (!choice.dataset) return 'data';
  if (!choice.target) return 'target';
  return null;
}

export function specOf(choice: Choice): AutoMLSpec {
  return {
    dataset: choice.dataset ?? '',
    split: choice.split ?? '',
    target: choice.target ?? '',
    task: choice.task ?? 'auto',
    metric: choice.metric ?? '',
    time_limit: choice.trials ? null : (choice.time ?? DEFAULT_SECONDS),
    max_trials: choice.trials ?? null,
    seed: choice.seed ?? 0,
    cores: choice.cores ?? null,
    memory_mb: null,
    drop: choice.drop ?? [],
    allowed: [],
    blocked: choice.blocked ?? [],
    experiment: '',
    name: choice.name ?? '',
    model: choice.model ?? '',
  };
}

const FIELDS: Record<string, Step> = {
  dataset: 'data',
  split: 'data',
  train: 'data',
  target: 'target',
  task: 'target',
  drop: 'target',
  metric: 'limits',
  time_limit: 'limits',
  max_trials: 'limits',
  seed: 'limits',
  cores: 'limits',
  blocked: 'limits',
};

/** The step where a field that the server refused can be put right. */
export function stepOf(field: string): Step {
  return FIELDS[field.split('.')[0] ?? ''] ?? 'review';
}
