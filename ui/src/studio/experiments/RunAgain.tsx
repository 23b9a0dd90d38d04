import { Button, Menu } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { runSpec, type Run } from './queries';

/** Run a command job once more: as it was, or changed. */
export function RunAgain({ run }: { run: Run }) {
  const may = useMay('experiments.write');
  const mayPlan = useMay('schedules.write');
  const planned = at(['schedules', 'new'], { from: run.id });
  const cache = useQueryClient();
  const follow = useFollow();
  const again = useMutation({
    mutationFn: async () => {
      const spec = await cache.ensureQueryData(runSpec(run.id));
      if (!spec) throw new Error('The run was made by a client and cannot be run here.');
      return data(api().POST('/experiments/runs', { body: spec }));
    },
    onSuccess: (made) => follow(at(['experiments', 'runs', made.id])),
    onError: toastProblem,
  });
  if (!['command', 'sweep', 'parallel', 'notebook', 'spark'].includes(run.kind)) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          loading={again.isPending}
          disabled={!may}
          title={may ? undefined : 'Your role may not submit jobs'}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          Run again
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => again.mutate()}>As it was</Menu.Item>
        {run.kind === 'command' ? (
          <Menu.Item
            component="a"
            href={at(['experiments', 'submit'], { from: run.id })}
            onClick={(event) => follow(at(['experiments', 'submit'], { from: run.id }), event)}
          >
            Edit first
          </Menu.Item>
        ) : null}
        {mayPlan ? (
          <Menu.Item component="a" href={planned} onClick={(event) => follow(planned, event)}>
            Schedule this
          </Menu.Item>
        ) : null}
      </Menu.Dropdown>
    </Menu>
  );
}
