import { Button, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CodeSnippet } from './CodeSnippet';
import classes from './kit.module.css';

interface Props {
  title: string;
  /** One sentence: what this is. */
  children: ReactNode;
  action?: ReactNode;
  /** The same, in Python or on the command line. */
  code?: string | Readonly<Record<string, string>>;
}

/** An empty page teaches: what it is, one action that works offline, the same in code. */
export function EmptyState({ title, children, action, code }: Props) {
  return (
    <Stack className={classes.empty} gap="md">
      <h2>{title}</h2>
      <Text c="dimmed" size="sm">
        {children}
      </Text>
      {action ? <Group justify="center">{action}</Group> : null}
      {code ? <CodeSnippet code={code} label="The same in code" /> : null}
    </Stack>
  );
}

/** Filters that match nothing: say how many are hidden, and how to see them. */
export function NoMatch({ hidden, onClear }: { hidden?: number | undefined; onClear: () => void }) {
  return (
    <Stack className={classes.empty} gap="md" align="center">
      <Text size="sm">
        Nothing matches the filters{hidden ? `; ${hidden.toLocaleString('en-US')} hidden` : ''}.
      </Text>
      <Button variant="default" onClick={onClear}>
        Clear filters
      </Button>
    </Stack>
  );
}
