/** The documents that an AutoML job writes about itself; JSON of the run, so typed here. */
export interface Member {
  id: string;
  name: string;
  weight: number;
}

export interface BoardRow {
  rank: number;
  id: string;
  name: string;
  kind: 'trial' | 'ensemble';
  learner: string;
  title: string;
  state: 'running' | 'completed' | 'failed' | 'skipped';
  reason: string | null;
  score: number | null;
  fold_scores: number[];
  folds: number;
  metrics: Record<string, number>;
  params: Record<string, unknown>;
  seconds: number | null;
  predict_ms: number | null;
  size_bytes: number | null;
  rounds: number | null;
  members: Member[];
}

export interface Leaderboard {
  metric: string;
  greater_is_better: boolean;
  rows: BoardRow[];
}

export interface Guardrail {
  name: string;
  title: string;
  state: 'passed' | 'done' | 'fixed' | 'alerted';
  detail: string;
  columns: string[];
}

export interface Line {
  name: string;
  area?: number;
  share?: number;
  x: number[];
  y: number[];
  threshold?: number[];
  rows?: number[];
}

export interface ClassCharts {
  task: 'classification';
  rows: number;
  labels: string[];
  confusion_matrix: number[][] | null;
  roc: Line[];
  precision_recall: Line[];
  gains: Line[];
  lift: Line[];
  calibration: Line[];
}

export interface NumberCharts {
  task: 'regression';
  rows: number;
  residuals: { edges: number[]; counts: number[] };
  predicted_true: {
    points: [number, number][];
    bins: { true: number; predicted: number; deviation: number }[];
  };
}

export type Charts = ClassCharts | NumberCharts;

export interface Importance {
  metric: string;
  permutation: { column: string; importance: number; deviation: number }[];
  gain: { feature: string; gain: number }[];
}

export interface Export {
  onnx: boolean;
  reason: string;
  rows?: number;
  edge_rows?: number;
  test_rows?: number;
  max_difference?: number;
  tolerance?: number;
  compiled_ms?: number;
  compiled_bytes?: number;
  native_ms?: number;
}

export interface ColumnUse {
  name: string;
  kind: string;
  dtype: string;
  missing: number;
  distinct: number;
  reason: string;
  steps: string[];
  features: string[];
  used: boolean;
}

export interface Summary {
  task: string;
  target: string;
  metric: string;
  greater_is_better: boolean;
  rows: number;
  columns: number;
  features: number;
  folds: number;
  score: number;
  best_single: string;
  best_single_score: number;
  members: Member[];
  form: string;
  form_reason: string;
  threshold: number | null;
  metrics: Record<string, number>;
  test_metrics: Record<string, number>;
  export: Export;
  trials: Record<string, number>;
  cores: number;
  seed: number;
  time_limit: number | null;
  max_trials: number | null;
  seconds: number;
  first_row_seconds: number | null;
}

/** "AUC_weighted" as people say it. */
export function metricName(name: string): string {
  return name.replaceAll('_', ' ');
}
