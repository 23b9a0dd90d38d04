import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type AutoMLSpec = Schemas['AutoMLSpec'];
export type AutoMLRun = Schemas['AutoMLRun'];
export type Options = Schemas['Options'];
export type Leaderboard = Schemas['Leaderboard'];
export type BoardRow = Schemas['LeaderboardRow'];
export type Guardrail = Schemas['Guardrail'];
export type Columns = Schemas['Columns'];
export type ColumnUse = Schemas['ColumnUse'];
export type Importance = Schemas['Importance'];
export type Export = Schemas['Export'];
export type Summary = Schemas['Summary'];

// The numbers behind the charts are a free JSON document of the run, so their form is written here.
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

/** "AUC_weighted" as people say it. */
export function metricName(name: string): string {
  return name.replaceAll('_', ' ');
}
