import { between, duration } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { StatusBadge } from '@/kit/StatusBadge';
import type { Step } from '../queries';
import { StepTime } from '../StepTime';
import type { Pair } from './diff';

const seconds = (step: Step | undefined) => (step ? between(step.started_at, step.ended_at) : null);

const state = (side: 'first' | 'second', header: string): GridColumn<Pair> => ({
  id: `state-${side}`,
  header,
  width: 130,
  value: (pair) => pair[side]?.state ?? null,
  cell: (pair) => (pair[side] ? <StatusBadge state={pair[side].state} /> : '–'),
});
const time = (side: 'first' | 'second', header: string): GridColumn<Pair> => ({
  id: `time-${side}`,
  header,
  width: 110,
  align: 'right',
  value: (pair) => seconds(pair[side]),
  cell: (pair) => (pair[side] ? <StepTime step={pair[side]} /> : '–'),
});

const COLUMNS: GridColumn<Pair>[] = [
  { id: 'path', header: 'Step', width: 200, value: (pair) => pair.path },
  state('first', 'First'),
  state('second', 'Second'),
  time('first', 'First took'),
  time('second', 'Second took'),
  {
    id: 'delta',
    header: 'Difference',
    width: 110,
    align: 'right',
    value: (pair) => deltaOf(pair),
    cell: (pair) => {
      const delta = deltaOf(pair);
      return delta === null ? '–' : `${delta < 0 ? '−' : '+'}${duration(Math.abs(delta))}`;
    },
  },
  {
    id: 'what',
    header: 'What differs',
    width: 260,
    grow: true,
    value: (pair) => pair.differences.map((one) => one.what).join(', ') || null,
    cell: (pair) => (
      <span title={pair.differences.map((one) => `${one.what}: ${one.first} → ${one.second}`).join('\n')}>
        {pair.differences.map((one) => one.what).join(', ') || 'nothing'}
      </span>
    ),
  },
];

function deltaOf({ first, second }: Pair): number | null {
  const [one, other] = [seconds(first), seconds(second)];
  return one === null || other === null ? null : other - one;
}

interface Props {
  pairs: readonly Pair[];
  chosen: string | undefined;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  onChoose: (path: string | undefined) => void;
}

/** Steps of two runs, a line each. */
export function PairGrid({ pairs, chosen, sort, onSort, onChoose }: Props) {
  return (
    <DataGrid
      label="Steps of both runs"
      rows={pairs}
      columns={COLUMNS}
      rowKey={(pair) => pair.path}
      sort={sort}
      onSort={onSort}
      highlight={(pair) => pair.path === chosen}
      onOpen={(pair) => onChoose(pair.path === chosen ? undefined : pair.path)}
      maxHeight={480}
    />
  );
}
