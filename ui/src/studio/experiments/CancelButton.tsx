import { Button, Group, Popover, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconStop } from '@/kit/icons';
import { Reason } from '@/kit/Reason';
import { isOver } from '@/kit/status';
import { cancelRun, type Run } from './queries';

interface Props {
  runs: readonly Run[];
  /** The runs as they are after the request. */
  onCanceled: (runs: Run[]) => void;
}

/** Nothing is lost by canceling a job that waits, so that is done at once; for running work one question is asked. */
export function CancelButton({ runs, onCanceled }: Props) {
  const may = useMay('experiments.write');
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const open = runs.filter((run) => !isOver(run.state) && run.desired !== 'canceled');
  const working = open.filter((run) => run.started_at).length;
  const many = runs.length > 1;

  const cancel = async () => {
    setAsking(false);
    setBusy(true);
    const answers = await Promise.allSettled(open.map((run) => cancelRun(run.id)));
    setBusy(false);
    onCanceled(answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
    const refused = answers.find((answer) => answer.status === 'rejected');
    if (refused?.status === 'rejected') toastProblem(refused.reason);
  };

  if (open.length === 0) return null;
  return (
    <Popover opened={asking} onChange={setAsking} position="bottom-end" withArrow trapFocus shadow="md">
      <Popover.Target>
        <Reason why={may ? undefined : 'Your role may not cancel runs'}>
          <Button
            variant="default"
            leftSection={<IconStop size={14} aria-hidden />}
            loading={busy}
            onClick={() => (working > 0 ? setAsking(true) : void cancel())}
          >
            {many ? `Cancel ${open.length} runs` : 'Cancel run'}
          </Button>
        </Reason>
      </Popover.Target>
      <Popover.Dropdown aria-label="Cancel?">
        <Stack gap="sm" maw={280}>
          <Text size="sm">
            {many ? `${working} of them are at work.` : 'It is at work.'} What is logged so far is kept; the
            work itself stops and cannot be resumed.
          </Text>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setAsking(false)}>
              Keep running
            </Button>
            <Button color="red" onClick={() => void cancel()} data-autofocus>
              {many ? `Cancel ${open.length} runs` : 'Cancel run'}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
