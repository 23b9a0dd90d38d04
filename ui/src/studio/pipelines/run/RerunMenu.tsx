import { Button, Group, Menu, Modal, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { isOver } from '@/kit/status';
import { PublishDialog } from '../published/PublishDialog';
import { rerunPipeline, type Run } from '../queries';

interface Props {
  run: Run;
  total: number;
  /** Steps whose results can be taken over, of a run that is over. */
  finished: number;
}

/** Run a pipeline once more: as it was, from where it failed, all of it anew, or changed. */
export const RerunMenu = memo(function RerunMenu({ run, total, finished }: Props) {
  const may = useMay('pipelines.write');
  const mayPlan = useMay('schedules.write');
  const follow = useFollow();
  const [asking, setAsking] = useState(false);
  const [publishing, setPublishing] = useState(false);
  const again = useMutation({
    mutationFn: (how: { from_failed?: boolean; force_rerun?: boolean }) => rerunPipeline(run.id, how),
    onSuccess: (made) => follow(at(['pipelines', made.run.id])),
    onError: toastProblem,
  });
  const unfinished = isOver(run.state) && run.state !== 'Completed';
  const planned = at(['schedules', 'new'], { from: run.id });
  const edit = at(['pipelines', 'submit'], { from: run.id });
  return (
    <>
      <Menu position="bottom-end" width={320}>
        <Menu.Target>
          <Button
            variant="default"
            loading={again.isPending}
            disabled={!may}
            title={may ? undefined : 'Your role may not submit pipelines'}
            rightSection={<IconChevronDown size={14} aria-hidden />}
          >
            Run again
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => again.mutate({})}>
            As it was
            <Text size="xs" c="dimmed">
              Steps of which nothing changed take their earlier results.
            </Text>
          </Menu.Item>
          <Menu.Item disabled={!unfinished} onClick={() => again.mutate({ from_failed: true })}>
            From where it failed
            <Text size="xs" c="dimmed">
              {unfinished
                ? `${count(finished)} finished steps are taken over as they are.`
                : 'Only of a run that failed or was canceled.'}
            </Text>
          </Menu.Item>
          <Menu.Item onClick={() => setAsking(true)}>
            Every step anew…
            <Text size="xs" c="dimmed">
              No earlier result is taken.
            </Text>
          </Menu.Item>
          <Menu.Item component="a" href={edit} onClick={(event) => follow(edit, event)}>
            Edit first
          </Menu.Item>
          <Menu.Item onClick={() => setPublishing(true)}>
            Publish…
            <Text size="xs" c="dimmed">
              Under a name, to be started over HTTP with a key.
            </Text>
          </Menu.Item>
          {mayPlan ? (
            <Menu.Item component="a" href={planned} onClick={(event) => follow(planned, event)}>
              Schedule this
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {publishing ? <PublishDialog run={run} onClose={() => setPublishing(false)} /> : null}
      <Modal opened={asking} onClose={() => setAsking(false)} title="Run every step anew?">
        <Stack gap="md">
          <Text size="sm">
            All {count(total)} steps run, also those of which neither code, inputs nor environment changed. It
            takes as long as the first time. Earlier results stay, and later runs take the new ones.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)}>
              Keep the results
            </Button>
            <Button
              data-autofocus
              onClick={() => {
                setAsking(false);
                again.mutate({ force_rerun: true });
              }}
            >
              Run every step
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
});
