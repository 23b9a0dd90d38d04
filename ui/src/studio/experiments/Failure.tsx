import { Button, Group, Text } from '@mantine/core';
import { IconWarning, IconX } from '@/kit/icons';
import { failureOf, isClients } from './failure';
import type { Run } from './queries';
import classes from './experiments.module.css';

/** Why a run failed, what to do, and the way to the log. */
export function Failure({ run, onLog }: { run: Run; onLog: () => void }) {
  const failure = failureOf(run);
  if (!failure) return null;
  const Icon = run.state === 'Lost' ? IconWarning : IconX;
  return (
    <section className={classes.failure} aria-label="Why it failed">
      <Icon size={20} aria-hidden />
      <div>
        <h2>{failure.title}</h2>
        {failure.detail ? <p className={classes.failureDetail}>{failure.detail}</p> : null}
        <Text size="sm" c="dimmed">
          {failure.todo}
        </Text>
        <Group gap="sm" mt="sm">
          {isClients(run) ? null : (
            <Button variant="default" onClick={onLog}>
              Open the log
            </Button>
          )}
          <Text size="xs" c="dimmed" ff="monospace">
            {[run.failure, run.exit_code == null ? '' : `exit ${run.exit_code}`].filter(Boolean).join(' · ')}
          </Text>
        </Group>
      </div>
    </section>
  );
}
