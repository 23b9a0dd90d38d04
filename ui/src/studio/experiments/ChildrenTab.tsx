import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import { Answer } from '@/kit/Page';
import { slotsOf } from '@/kit/RunSwatch';
import { isOver, statusOf } from '@/kit/status';
import { runChildren, type Run } from './queries';
import { runColumns, runHref } from './runColumns';

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
  const columns = useMemo(() => runColumns(slots, { experiment: false }), [slots]);
  return (
    <DataGrid
      label="Child runs"
      rows={rows}
      columns={columns}
      rowKey={(child) => child.id}
      href={runHref}
      sort={sort}
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
