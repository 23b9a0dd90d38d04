import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { count, duration } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { ProgressBar } from '@/kit/ProgressBar';
import { StatusBadge } from '@/kit/StatusBadge';
import { backfills, type Backfill, type Monitor } from './queries';
import { windowName } from './words';

interface Props {
  monitor: Monitor;
  opened: boolean;
  onClose: () => void;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Compute windows of the past: from when to when; however many. */
export function BackfillDialog({ monitor, opened, onClose }: Props) {
  const cache = useQueryClient();
  const [start, setStart] = useState('');
  const [end, setEnd] = useState(() => new Date().toISOString().slice(0, 10));
  const begin = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datasets/monitors/{monitor}/backfills', {
          params: { path: { monitor: monitor.name } },
          body: { start: `${start}T00:00:00Z`, end: `${end}T00:00:00Z` },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['monitors'] });
      onClose();
    },
  });
  const problem = begin.error ? Problem.from(begin.error) : null;
  return (
    <Modal opened={opened} onClose={onClose} title="Backfill">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate();
        }}
      >
        <Stack>
          <Text size="sm">
            Computes every {monitor.settings.frequency ?? 'day'} of this time, in the background. The past
            alarms nobody.
          </Text>
          <Group grow align="flex-start">
            <TextInput
              type="date"
              label="From"
              value={start}
              onChange={(event) => setStart(event.currentTarget.value)}
              error={problem?.fields.start}
              data-autofocus
              required
            />
            <TextInput
              type="date"
              label="Until, without it"
              value={end}
              onChange={(event) => setEnd(event.currentTarget.value)}
              error={problem?.fields.end}
              required
            />
          </Group>
          {problem && !problem.fields.start && !problem.fields.end ? (
            <Text size="sm" c="var(--st-failed)" role="alert">
              {problem.detail} {problem.hint}
            </Text>
          ) : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={begin.isPending} disabled={!DAY.test(start) || !DAY.test(end)}>
              Begin
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Backfills that go on, with their progress; the last one that ended. */
export function Backfills({ monitor }: { monitor: Monitor }) {
  const found = useQuery(backfills(monitor.name));
  const all = found.data ?? [];
  const going = all.filter((one) => one.state === 'running');
  const shown = going.length > 0 ? going : all.slice(0, 1);
  if (shown.length === 0) return null;
  return (
    <Stack gap="xs">
      {shown.map((one) => (
        <Row key={one.id} monitor={monitor} it={one} />
      ))}
    </Stack>
  );
}

function Row({ monitor, it }: { monitor: Monitor; it: Backfill }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const { frequency = 'day', zone = 'UTC' } = monitor.settings;
  const span = `${windowName(it.start, frequency, zone)} – ${windowName(it.end, frequency, zone)}`;
  const stop = useMutation({
    mutationFn: () =>
      data(
        api().DELETE('/datasets/monitors/{monitor}/backfills/{id}', {
          params: { path: { monitor: monitor.name, id: it.id } },
        }),
      ),
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['monitors'] }),
  });
  if (it.state !== 'running') {
    return (
      <Text size="sm" c="dimmed">
        <StatusBadge state={it.state === 'done' ? 'completed' : 'canceled'} /> Backfill {span}:{' '}
        {count(it.done)} of {count(it.total)} windows{it.failed ? `, ${count(it.failed)} failed` : ''}.
      </Text>
    );
  }
  return (
    <Group align="flex-end" wrap="nowrap" maw={720}>
      <div style={{ flex: 1 }}>
        <ProgressBar
          name={`Backfill ${span}`}
          done={it.done}
          total={it.total}
          label={`Backfill ${span}${it.failed ? `, ${count(it.failed)} failed` : ''}${it.seconds_left ? `, about ${duration(it.seconds_left)} left` : ''}`}
          unit={count}
        />
      </div>
      <Button
        variant="default"
        size="compact-sm"
        disabled={!may}
        loading={stop.isPending}
        onClick={() => stop.mutate()}
      >
        Stop
      </Button>
    </Group>
  );
}
