import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { apiUrl } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { EmptyState } from '@/kit/EmptyState';
import { LogView } from '@/kit/log/LogView';
import { Loading } from '@/kit/Page';
import { isOver } from '@/kit/status';
import type { Run } from './queries';
import { useRunLog } from './useRunLog';

interface Props {
  run: Run;
  query: string | undefined;
  onQuery: (query: string | undefined) => void;
}

const WORDS = {
  reading: 'reading',
  following: 'following',
  ended: 'ended',
  waiting: 'waiting for the first line',
  reconnecting: 'reconnecting',
  refused: 'not readable',
};

export function LogTab(props: Props) {
  const [whole, setWhole] = useState(false);
  return <Lines key={`${props.run.id} ${whole}`} {...props} whole={whole} onWhole={() => setWhole(true)} />;
}

function Lines({ run, query, onQuery, whole, onWhole }: Props & { whole: boolean; onWhole: () => void }) {
  const log = useRunLog(run.id, isOver(run.state), whole);
  if (log.state === 'refused' && log.lines.length === 0 && log.problem) {
    return log.problem.code === 'experiments.no_log' ? (
      <EmptyState title="No log here">
        {log.problem.detail} {log.problem.hint}
      </EmptyState>
    ) : (
      <ErrorState error={log.problem} inline />
    );
  }
  if (log.state === 'reading' && log.lines.length === 0) return <Loading rows={6} />;
  return (
    <>
      {log.skipped > 0 ? (
        <Group gap="sm">
          <Text size="sm" c="dimmed">
            The first {bytes(log.skipped)} of {bytes(log.size)} are not shown.
          </Text>
          <Button variant="default" onClick={onWhole}>
            Read from the start
          </Button>
        </Group>
      ) : null}
      <LogView
        lines={log.lines}
        state={WORDS[log.state]}
        label={`Log of ${run.name}`}
        query={query}
        onQuery={onQuery}
        downloadHref={log.size > 0 ? apiUrl(`/experiments/runs/${run.id}/log/file`) : undefined}
      />
    </>
  );
}
