import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { metric } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { KeyValue } from '@/kit/KeyValue';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import type { BoardRow, Leaderboard } from '../documents';
import { charts, leaderboard } from '../queries';
import { Board } from './Board';
import { ClassCharts } from './ClassCharts';
import { NumberCharts } from './NumberCharts';

interface Props {
  id: string;
  running: boolean;
  chosen: string | undefined;
  onChoose: (model: string) => void;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
}

export function ModelsTab({ id, running, chosen, onChoose, sort, onSort }: Props) {
  const found = useQuery(leaderboard(id, running));
  return (
    <Answer query={found}>
      {(board) => (
        <Stack gap="xl">
          <Board board={board} chosen={chosen} onChoose={onChoose} sort={sort} onSort={onSort} />
          <Chosen id={id} board={board} chosen={chosen} />
        </Stack>
      )}
    </Answer>
  );
}

/** The row in question: the chosen one, else the best with a score. */
function Chosen({ id, board, chosen }: { id: string; board: Leaderboard; chosen: string | undefined }) {
  const row = useMemo(
    () =>
      board.rows.find((known) => known.id === chosen) ??
      board.rows.find((known) => known.state === 'completed' && known.score != null),
    [board, chosen],
  );
  if (!row) return null;
  const members = row.members ?? [];
  return (
    <Section
      title={row.name}
      actions={
        row.kind === 'trial' ? <Link href={at(['experiments', 'runs', row.id])}>Open as a run</Link> : null
      }
    >
      {row.state === 'completed' ? (
        <RowCharts id={id} row={row} />
      ) : (
        <Note
          tone={row.state === 'failed' ? 'warning' : 'info'}
          title={row.state === 'running' ? 'Still training' : `This model was ${row.state}`}
        >
          {row.reason ? ` ${row.reason}` : null}
        </Note>
      )}
      <KeyValue
        items={[
          ['Learner', row.title],
          ['Folds', (row.fold_scores ?? []).map((score) => metric(score, 5)).join('  ')],
          ['Members', members.map((member) => `${member.name} ${metric(member.weight, 2)}`).join(', ')],
          ...Object.entries(row.params ?? {}).map(([key, value]) => [key, String(value)] as const),
        ]}
      />
    </Section>
  );
}

function RowCharts({ id, row }: { id: string; row: BoardRow }) {
  const found = useQuery(charts(id, row.id));
  return (
    <Answer query={found} inline>
      {(data) =>
        data.task === 'classification' ? <ClassCharts data={data} /> : <NumberCharts data={data} />
      }
    </Answer>
  );
}
