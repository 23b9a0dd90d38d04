import { ActionIcon, Button, Group, Text } from '@mantine/core';
import { bytes } from '@/kernel/format';
import { IconX } from '@/kit/icons';
import { ProgressBar } from '@/kit/ProgressBar';
import { StatusBadge } from '@/kit/StatusBadge';
import type { Sending, useUploads } from './useUploads';
import classes from '../datastores.module.css';

const SHOWN = 6;

/** What is being uploaded, what arrived, and what was refused and why. */
export function Uploads({ uploads }: { uploads: ReturnType<typeof useUploads> }) {
  const { all } = uploads;
  if (all.length === 0) return null;
  const done = all.filter((one) => one.state === 'done').length;
  const open = all.filter((one) => one.state !== 'done');
  return (
    <section className={classes.uploads} aria-label="Uploads" aria-live="polite">
      <Text size="sm">
        {done} of {all.length} uploaded
      </Text>
      {open.slice(0, SHOWN).map((one) => (
        <Row key={one.id} one={one} uploads={uploads} />
      ))}
      {open.length > SHOWN ? (
        <Text size="xs" c="dimmed">
          {open.length - SHOWN} more wait
        </Text>
      ) : null}
    </section>
  );
}

function Row({ one, uploads }: { one: Sending; uploads: ReturnType<typeof useUploads> }) {
  return (
    <Group gap="sm" wrap="nowrap" justify="space-between">
      {one.state === 'sending' ? (
        <div style={{ flex: 1 }}>
          <ProgressBar
            name={`Upload of ${one.path}`}
            done={one.sent}
            total={one.file.size}
            unit={bytes}
            label={one.path}
          />
        </div>
      ) : (
        <Group gap="sm">
          <StatusBadge
            state={one.state === 'waiting' ? 'queued' : one.state === 'exists' ? 'warning' : 'failed'}
            label={one.state === 'waiting' ? 'Waiting' : one.state === 'exists' ? 'Exists already' : 'Failed'}
          />
          <Text size="sm">{one.path}</Text>
          {one.state === 'failed' ? (
            <Text size="sm" c="dimmed">
              {one.problem?.detail} {one.problem?.hint}
            </Text>
          ) : null}
        </Group>
      )}
      <Group gap="xs" wrap="nowrap">
        {one.state === 'exists' ? (
          <Button size="compact-sm" variant="default" onClick={() => uploads.again(one, true)}>
            Replace
          </Button>
        ) : null}
        {one.state === 'failed' ? (
          <Button size="compact-sm" variant="default" onClick={() => uploads.again(one, false)}>
            Try again
          </Button>
        ) : null}
        <ActionIcon
          variant="subtle"
          aria-label={`${one.state === 'sending' ? 'Stop' : 'Leave out'} ${one.path}`}
          onClick={() => uploads.drop(one)}
        >
          <IconX size={14} />
        </ActionIcon>
      </Group>
    </Group>
  );
}
