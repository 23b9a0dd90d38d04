import type { GridColumn } from '@/kit/grid/types';

export interface Sample {
  id: string;
  name: string;
  state: string;
  auc: number;
  seconds: number;
}

const STATES = ['Queued', 'Running', 'Completed', 'Failed', 'Canceled', 'Lost'];

/** Repeatable numbers between 0 and 1, for drawing only. */
export function noise(index: number): number {
  const x = Math.sin(index * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

export const SAMPLES: Sample[] = Array.from({ length: 10_000 }, (_, index) => ({
  id: `sample-${index}`,
  name: `lightgbm_${index}`,
  state: STATES[index % STATES.length] ?? 'Queued',
  auc: 0.7 + 0.25 * noise(index),
  seconds: 60 * noise(index + 7),
}));

export const COLUMNS: GridColumn<Sample>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, grow: true, width: 180 },
  { id: 'state', header: 'State', value: (row) => row.state },
  { id: 'auc', header: 'AUC', value: (row) => row.auc, align: 'right', width: 100 },
  { id: 'seconds', header: 'Time [s]', value: (row) => row.seconds, align: 'right', width: 100 },
];
