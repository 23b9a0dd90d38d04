import type { GridColumn } from '@/kit/grid/types';
import { MetricCell } from '@/kit/MetricCell';
import type { Run, RunRecord } from './queries';

const SHOWN = 3; // so many metrics have a column from the start; the rest are in the column picker
const MOST = 60;

/** The metrics of the runs of a table, those most runs have first. */
export function metricNames(records: ReadonlyMap<string, RunRecord>): string[] {
  const runs = new Map<string, number>();
  for (const record of records.values())
    for (const key of Object.keys(record.metrics)) runs.set(key, (runs.get(key) ?? 0) + 1);
  return [...runs]
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], 'en', { numeric: true }))
    .map(([key]) => key)
    .slice(0, MOST);
}

export function metricColumns(records: ReadonlyMap<string, RunRecord>): {
  columns: GridColumn<Run>[];
  hidden: string[];
} {
  const names = metricNames(records);
  const columns = names.map((name): GridColumn<Run> => {
    const value = (run: Run) => records.get(run.id)?.metrics[name]?.value ?? null;
    return {
      id: `m.${name}`,
      header: name,
      align: 'right',
      width: 96,
      value,
      cell: (run) => {
        const it = records.get(run.id)?.metrics[name];
        return it?.special ? it.special : <MetricCell value={it?.value} name={name} />;
      },
    };
  });
  return { columns, hidden: columns.slice(SHOWN).map((column) => column.id) };
}
