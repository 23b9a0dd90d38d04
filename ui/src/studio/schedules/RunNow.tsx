import { Button, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconPlay } from '@/kit/icons';
import { Reason } from '@/kit/Reason';
import { arrives } from './formState';
import { times, type Schedule } from './queries';

/** Runs at once what a schedule runs; of one that waits for versions or files one may choose for which. */
export function RunNow({ schedule }: { schedule: Schedule }) {
  const cache = useQueryClient();
  const may = useMay('schedules.write');
  const [open, dialog] = useDisclosure();
  const run = useMutation({
    mutationFn: (body: { version?: number; path?: string }) =>
      data(
        api().POST('/schedules/{name}/run', {
          params: { path: { name: schedule.name } },
          body: { path: '', ...body },
        }),
      ),
    onError: toastProblem,
    onSuccess: dialog.close,
    onSettled: () => cache.invalidateQueries({ queryKey: ['schedules'] }),
  });
  return (
    <>
      <Reason why={may ? undefined : 'Your role may not change schedules'}>
        <Button
          leftSection={<IconPlay size={16} aria-hidden />}
          loading={run.isPending}
          onClick={() => (arrives(schedule.trigger.kind) ? dialog.open() : run.mutate({}))}
        >
          Run now
        </Button>
      </Reason>
      <Modal opened={open} onClose={dialog.close} title={`Run ${schedule.name} now`}>
        <Choice schedule={schedule} run={run.mutate} pending={run.isPending} />
      </Modal>
    </>
  );
}

interface Props {
  schedule: Schedule;
  run: (body: { version?: number; path?: string }) => void;
  pending: boolean;
}

function Choice({ schedule, run, pending }: Props) {
  const there = useQuery(times(schedule.trigger));
  const [chosen, setChosen] = useState<string | null>(null);
  const names = there.data?.there ?? [];
  const value = chosen ?? names[0] ?? null;
  const dataset = schedule.trigger.kind === 'dataset';
  const more = (there.data?.count ?? 0) - names.length;
  return (
    <Stack gap="md">
      {there.error ? (
        <Text size="sm" role="alert">
          {Problem.from(there.error).detail}
        </Text>
      ) : (
        <Select
          label={dataset ? 'For which version' : 'For which file'}
          description={more > 0 ? `The newest; ${more} more are there` : undefined}
          placeholder={there.isPending ? 'Looking…' : 'Nothing that fits is there'}
          allowDeselect={false}
          searchable
          data={names}
          value={value}
          onChange={setChosen}
        />
      )}
      <Group>
        <Button
          loading={pending}
          disabled={!value}
          onClick={() =>
            value && run(dataset ? { version: Number(value.split(':').pop()) } : { path: value })
          }
        >
          Run
        </Button>
      </Group>
    </Stack>
  );
}
