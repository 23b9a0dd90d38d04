import { Button, Group, Text } from '@mantine/core';
import { hideNotification, showNotification } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { toastProblem } from '@/kit/ConfirmUndo';
import { ProgressBar } from '@/kit/ProgressBar';
import { cancelExport, exportState, type RunExport } from './exports';

const DONE_MS = 6000;

/** Say how far a file is until it is there; the message stays while other pages are opened. */
export function toastExport(made: RunExport): void {
  const id = `export-${made.id}`;
  showNotification({
    id,
    autoClose: false,
    title: `runs.${made.format}`,
    message: <Told made={made} onEnd={() => setTimeout(() => hideNotification(id), DONE_MS)} />,
  });
}

function Told({ made, onEnd }: { made: RunExport; onEnd: () => void }) {
  const cache = useQueryClient();
  const { data, error } = useQuery({ ...exportState(made.id), initialData: made });
  const over = data.state === 'done' || data.state === 'canceled';
  useEffect(() => {
    if (over) onEnd();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when it ends
  }, [over]);
  if (error) return <Text size="sm">{Problem.from(error).detail || Problem.from(error).title}</Text>;
  if (data.state === 'done') return <Text size="sm">{written(data.done)} in the file.</Text>;
  if (data.state === 'canceled')
    return <Text size="sm">Canceled after {written(data.done)}; what was loaded is not whole.</Text>;
  if (data.state === 'failed')
    return (
      <Text size="sm">
        Broke off after {written(data.done)}. {data.error}
      </Text>
    );
  return (
    <Group gap="sm" wrap="nowrap" align="center">
      <div style={{ flex: 1 }}>
        <ProgressBar
          name={`Export to runs.${data.format}`}
          done={Math.min(data.done, data.runs)}
          total={data.runs}
          startedAt={data.began_at}
        />
      </div>
      <Button
        variant="default"
        size="compact-sm"
        onClick={() =>
          void cancelExport(made.id).then(
            (now) => cache.setQueryData(exportState(made.id).queryKey, now),
            toastProblem,
          )
        }
      >
        Cancel
      </Button>
    </Group>
  );
}

const written = (runs: number) => `${count(runs)} ${runs === 1 ? 'run' : 'runs'}`;
