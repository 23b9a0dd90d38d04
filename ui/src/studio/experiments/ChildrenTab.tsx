import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import { Answer } from '@/kit/Page';
import { slotsOf } from '@/kit/RunSwatch';
import { isOver, statusOf } from '@/kit/status';
import { metricColumns } from './metricColumns';
import { runChildren, type Run } from './queries';
import { runColumns, runHref } from './runColumns';
import { useRecords } from './useRecords';

interface Props {
  run: Run;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

export function ChildrenTab({ run, sort, onSort }: Props) {
  const query = useQuery(runChildren(run.id, !isOver(run.state)));
  return <Answer query={query}>{(rows) => <Table rows={rows} sort={sort} onSort={onSort} />}</Answer>;
}

function Table({ rows, sort, onSort }: Omit<Props, 'run'> & { rows: readonly Run[] }) {
  const slots = useMemo(() => slotsOf(rows.map((child) => child.id)), [rows]);
  const records = useRecords(rows);
  const measured = useMemo(() => metricColumns(records), [records]);
  const columns = useMemo(
    () => runColumns(slots, { experiment: false, measured: measured.columns }),
    [slots, measured],
  );
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  return (
    <DataGrid
      label="Child runs"
      rows={rows}
      columns={columns}
      rowKey={(child) => child.id}
      href={runHref}
      sort={sort}
      hidden={picked ?? ['id', 'error', 'progress', 'user', ...measured.hidden]}
      onHidden={setPicked}
      onSort={onSort}
      maxHeight="calc(100dvh - 300px)"
      toolbar={<span role="status">{tally(rows)}</span>}
      empty="This run has no children."
    />
  );
}

/** "12 completed, 2 running": in order of how many. */
export function tally(rows: readonly Run[]): string {
  const words = new Map<string, number>();
  for (const row of rows) {
    const word = statusOf(row.state).word.toLowerCase();
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return [...words]
    .sort((a, b) => b[1] - a[1])
    .map(([word, number]) => `${count(number)} ${word}`)
    .join(', ');
}
