import { Button, Group, Popover, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconStop } from '@/kit/icons';
import { Reason } from '@/kit/Reason';
import { isOver } from '@/kit/status';
import { cancelPipeline, type Run } from '../queries';

interface Props {
  run: Run;
  onCanceled: (run: Run) => void;
}

/** Stop a pipeline, after one question when steps are at work. */
export const CancelButton = memo(function CancelButton({ run, onCanceled }: Props) {
  const may = useMay('pipelines.write');
  const [asking, setAsking] = useState(false);
  const cancel = useMutation({
    mutationFn: () => cancelPipeline(run.id),
    onSuccess: (changed) => onCanceled(changed.run),
    onError: toastProblem,
    onSettled: () => setAsking(false),
  });
  if (isOver(run.state) || run.desired === 'canceled') return null;
  return (
    <Popover opened={asking} onChange={setAsking} position="bottom-end" withArrow trapFocus shadow="md">
      <Popover.Target>
        <Reason why={may ? undefined : 'Your role may not cancel pipelines'}>
          <Button
            variant="default"
            leftSection={<IconStop size={14} aria-hidden />}
            loading={cancel.isPending}
            onClick={() => (run.started_at ? setAsking(true) : cancel.mutate())}
          >
            Cancel pipeline
          </Button>
        </Reason>
      </Popover.Target>
      <Popover.Dropdown aria-label="Cancel?">
        <Stack gap="sm" maw={300}>
          <Text size="sm">
            Steps at work are ended, those that wait do not start. What has completed is kept, and can be gone
            on from.
          </Text>
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={() => setAsking(false)}>
              Keep running
            </Button>
            <Button color="red" onClick={() => cancel.mutate()} data-autofocus>
              Cancel pipeline
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
});
