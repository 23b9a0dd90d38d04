import type { Tabular } from '@/kit/charts/table';
import type { ComparedRun, Field } from './fields';

const PREFIX: Record<Field['kind'], string> = {
  about: '',
  metric: 'metrics.',
  param: 'params.',
  tag: 'tags.',
  system: 'metrics.',
};

/** The table as a file: one line a run, numbers in full. */
export function tableOf(
  runs: readonly ComparedRun[],
  fields: readonly Field[],
  shown: readonly number[],
): Tabular {
  return {
    columns: ['run_id', 'name', ...fields.map((field) => `${PREFIX[field.kind]}${field.key}`)],
    rows: shown.map((index) => [
      runs[index]?.id ?? '',
      runs[index]?.name ?? '',
      ...fields.map((field) => field.numbers?.[index] ?? field.text(index)),
    ]),
  };
}
