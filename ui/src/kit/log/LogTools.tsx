import { ActionIcon, Button, Group, Switch, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { IconDown, IconDownload, IconSearch, IconUp } from '../icons';

interface Props {
  query: string;
  onQuery: (query: string) => void;
  step: (by: number) => void;
  tally: string;
  any: boolean;
  facts: string;
  wrap: boolean;
  onWrap: (wrap: boolean) => void;
  following: boolean;
  onFollow: (following: boolean) => void;
  downloadHref?: string | undefined;
  children?: ReactNode;
}

/** What stands over a log: find, previous and next, wrap, follow, download. */
export function LogTools(props: Props) {
  return (
    <Group justify="space-between" gap="sm">
      <Group gap="xs">
        <TextInput
          aria-label="Find in log"
          placeholder="Find"
          size="xs"
          value={props.query}
          leftSection={<IconSearch size={14} aria-hidden />}
          onChange={(event) => props.onQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') props.step(event.shiftKey ? -1 : 1);
          }}
        />
        <ActionIcon aria-label="Previous match" onClick={() => props.step(-1)} disabled={!props.any}>
          <IconUp size={16} />
        </ActionIcon>
        <ActionIcon aria-label="Next match" onClick={() => props.step(1)} disabled={!props.any}>
          <IconDown size={16} />
        </ActionIcon>
        <Text size="xs" c="dimmed" aria-live="polite">
          {props.tally}
        </Text>
        {props.children}
      </Group>
      <Group gap="md">
        <Text size="xs" c="dimmed">
          {props.facts}
        </Text>
        <Switch
          size="xs"
          label="Wrap"
          checked={props.wrap}
          onChange={(event) => props.onWrap(event.currentTarget.checked)}
        />
        <Switch
          size="xs"
          label="Follow"
          checked={props.following}
          onChange={(event) => props.onFollow(event.currentTarget.checked)}
        />
        {props.downloadHref ? (
          <Button
            component="a"
            href={props.downloadHref}
            variant="default"
            download
            leftSection={<IconDownload size={14} />}
          >
            Download
          </Button>
        ) : null}
      </Group>
    </Group>
  );
}
