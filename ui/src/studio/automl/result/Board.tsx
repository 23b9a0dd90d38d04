import { useMemo } from 'react';
import { bytes, duration, metric } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { MetricCell } from '@/kit/MetricCell';
import { StatusBadge } from '@/kit/StatusBadge';
import { metricName, type BoardRow, type Leaderboard } from '../documents';

interface Props {
  board: Leaderboard;
  chosen: string | undefined;
  onChoose: (id: string) => void;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

/** All models that were tried, best first; a row opens its charts. */
export function Board({ board, chosen, onChoose, sort, onSort }: Props) {
  const columns = useMemo((): GridColumn<BoardRow>[] => {
    const others = new Set(board.rows.flatMap((row) => Object.keys(row.metrics)));
    others.delete(board.metric);
    const best = board.rows.find((row) => row.rank === 1 && row.score !== null)?.id;
    return [
      { id: 'rank', header: '#', value: (row) => row.rank, align: 'right', width: 52 },
      { id: 'name', header: 'Model', value: (row) => row.name, width: 190, grow: true },
      { id: 'title', header: 'Learner', value: (row) => row.title, width: 170 },
      {
        id: 'state',
        header: 'State',
        value: (row) => row.state,
        cell: (row) => <StatusBadge state={row.state} title={row.reason ?? ''} />,
        width: 120,
      },
      {
        id: 'score',
        header: metricName(board.metric),
        value: (row) => row.score,
        cell: (row) => <MetricCell value={row.score} best={row.id === best} name={board.metric} digits={5} />,
        align: 'right',
        width: 150,
      },
      {
        id: 'folds',
        header: 'Folds',
        value: (row) => row.fold_scores.length || row.folds,
        cell: (row) => `${row.fold_scores.length || row.folds} of ${row.folds}`,
        align: 'right',
        width: 80,
      },
      {
        id: 'seconds',
        header: 'Time',
        value: (row) => row.seconds,
        cell: (row) => duration(row.seconds),
        align: 'right',
        width: 90,
      },
      {
        id: 'predict',
        header: 'Predict [ms]',
        value: (row) => row.predict_ms,
        cell: (row) => metric(row.predict_ms, 3),
        align: 'right',
        width: 110,
        optional: true,
      },
      {
        id: 'size',
        header: 'Size',
        value: (row) => row.size_bytes,
        cell: (row) => bytes(row.size_bytes),
        align: 'right',
        width: 90,
      },
      { id: 'reason', header: 'Why', value: (row) => row.reason || null, width: 240, optional: true },
      ...[...others].sort().map((name) => ({
        id: name,
        header: metricName(name),
        value: (row: BoardRow) => row.metrics[name] ?? null,
        cell: (row: BoardRow) => <MetricCell value={row.metrics[name]} name={name} />,
        align: 'right' as const,
        width: 140,
        optional: true,
      })),
    ];
  }, [board]);
  return (
    <DataGrid
      label="Leaderboard"
      rows={board.rows}
      columns={columns}
      rowKey={(row) => row.id}
      onOpen={(row) => onChoose(row.id)}
      highlight={(row) => row.id === chosen}
      sort={sort}
      onSort={onSort}
      dense
      maxHeight={420}
      empty="The first model appears here as soon as it is scored."
    />
  );
}
