import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { bytes, count, duration } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { ErrorState } from '@/kit/ErrorState';
import { Link, useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { Problem } from '@/kernel/problem';
import { cancelRegistration, registration, type Registration } from './wire';

interface Props {
  job: string;
  onBack: () => void;
  /** What the way back is called. */
  back?: string;
}

/** How far the registration is; it goes on when the page is left. */
export function JobStep({ job, onBack, back = 'Back to the choices' }: Props) {
  const found = useQuery(registration(job));
  return <Answer query={found}>{(it) => <Told it={it} onBack={onBack} back={back} />}</Answer>;
}

function Told({ it, onBack, back }: { it: Registration; onBack: () => void; back: string }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const working = it.state === 'queued' || it.state === 'running';
  const clean = it.state === 'done' && (it.skipped ?? []).length === 0 && !it.note;
  useEffect(() => {
    if (it.state !== 'done') return;
    void cache.invalidateQueries({ queryKey: ['datasets'] });
    if (clean) follow(at(['datasets', it.name]));
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when it is done
  }, [it.state]);
  if (working)
    return (
      <Stack gap="md">
        <ProgressBar
          name="Registration"
          done={it.bytes_done ?? it.files_done ?? 0}
          total={it.bytes_total ?? it.files_total ?? null}
          unit={it.bytes_total ? bytes : count}
          label={it.label || (it.state === 'queued' ? 'Waiting for a free core' : 'At work')}
          startedAt={it.created_at}
        />
        <Text size="sm" c="dimmed" role="status">
          {it.files_done != null && it.files_total
            ? `${count(it.files_done)} of ${count(it.files_total)} files. `
            : ''}
          {it.seconds_left != null ? `About ${duration(it.seconds_left)} left. ` : ''}
          You can leave this page; the dataset appears when it is done.
        </Text>
        <Group>
          <Button variant="default" onClick={() => void cancelRegistration(it.run_id).catch(toastProblem)}>
            Cancel
          </Button>
          <Link href={at(['experiments', 'runs', it.run_id], { tab: 'log' })}>Log</Link>
        </Group>
      </Stack>
    );
  if (it.state === 'done')
    return (
      <Stack gap="md">
        <Note
          title={
            it.existing
              ? `Nothing changed: it is version ${it.version} already`
              : `Version ${it.version} is there`
          }
        >
          <div>{it.note}</div>
          {(it.skipped ?? []).length > 0 ? (
            <ul>
              {(it.skipped ?? []).slice(0, 20).map((one) => (
                <li key={one.path}>
                  {one.path}: {one.reason}
                </li>
              ))}
            </ul>
          ) : null}
        </Note>
        <Group>
          <Button onClick={() => follow(at(['datasets', it.name], { version: it.version ?? undefined }))}>
            Open {it.name}
          </Button>
        </Group>
      </Stack>
    );
  const problem = new Problem(
    {
      code: it.code ?? 'datasets.registration_failed',
      title: it.state === 'canceled' ? 'It was stopped' : 'The dataset was not made',
      detail:
        it.error || (it.state === 'canceled' ? 'Nothing was made, and nothing that you chose is lost.' : ''),
      hint: it.hint || null,
      field: it.field ?? null,
    },
    422,
  );
  return (
    <Stack gap="md">
      <ErrorState error={problem} inline />
      <Group>
        <Button variant="default" onClick={onBack}>
          {back}
        </Button>
        <Link href={at(['experiments', 'runs', it.run_id], { tab: 'log' })}>Log</Link>
      </Group>
    </Stack>
  );
}
