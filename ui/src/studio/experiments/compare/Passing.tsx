import { memo, useDeferredValue, useMemo } from 'react';
import { duration, metric } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { RunSwatch } from '@/kit/RunSwatch';
import { runHref } from './link';
import type { ComparedRun } from './fields';
import type { View } from './useComparison';

const COLUMNS = 5;

/** The runs that pass, below the chart; it follows a little later, so that the brush never waits for it. */
export function Passing({ lines, ...rest }: Props) {
  const later = useDeferredValue(lines);
  return <Rows {...rest} lines={later} />;
}

interface Props {
  view: View;
  lines: readonly number[];
  label?: string;
  /** Ids that are chosen, where runs can be chosen. */
  selected?: readonly string[];
  onSelect?: (ids: string[]) => void;
}

const Rows = memo(function Rows({ view, lines, label = 'Runs that pass', selected, onSelect }: Props) {
  const { runs, fields, slots } = view;
  const at = useMemo(() => new Map(runs.map((run, index) => [run.id, index])), [runs]);
  const columns = useMemo((): GridColumn<ComparedRun>[] => {
    const measured = fields.filter(
      (field) => field.differs && (field.kind === 'metric' || field.kind === 'param'),
    );
    const params = measured.filter((field) => field.kind === 'param').slice(0, COLUMNS);
    const metrics = measured.filter((field) => field.kind === 'metric').slice(0, COLUMNS);
    return [
      {
        id: 'name',
        header: 'Run',
        width: 180,
        grow: true,
        value: (run) => run.name,
        cell: (run) => (
          <>
            <RunSwatch slot={slots.get(run.id) ?? 0} /> {run.name || run.id.slice(-8)}
          </>
        ),
      },
      ...[...params, ...metrics].map((field): GridColumn<ComparedRun> => {
        const value = (run: ComparedRun) => {
          const index = at.get(run.id) ?? -1;
          return field.numbers ? (field.numbers[index] ?? null) : field.text(index);
        };
        return {
          id: field.id,
          header: field.key,
          width: 110,
          ...(field.numbers ? { align: 'right' as const } : {}),
          value,
          cell: (run) => {
            const found = value(run);
            return typeof found === 'number' && field.kind === 'metric' ? metric(found) : found;
          },
        };
      }),
      {
        id: 'duration',
        header: 'Duration',
        width: 96,
        align: 'right',
        value: (run) => run.duration_s ?? null,
        cell: (run) => duration(run.duration_s),
      },
    ];
  }, [fields, slots, at]);
  const rows = useMemo(() => lines.flatMap((index) => runs[index] ?? []), [lines, runs]);
  return (
    <DataGrid
      label={label}
      rows={rows}
      columns={columns}
      rowKey={(run) => run.id}
      href={runHref}
      {...(onSelect ? { selected: selected ?? [], onSelect } : {})}
      dense
      maxHeight="320px"
      empty="No run passes all brushes; widen one."
    />
  );
});
