import { Button, Group, Kbd, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { at } from '@/kernel/workspace';
import { SqlEditor } from '@/kit/code/SqlEditor';
import { ErrorState } from '@/kit/ErrorState';
import { IconPlay } from '@/kit/icons';
import { MayLink } from '@/kit/MayLink';
import { HeadGrid } from './HeadGrid';
import { ask, type DatabaseTable } from './queries';
import classes from '../datastores.module.css';

interface Props {
  name: string;
  query: string;
  tables: readonly DatabaseTable[];
  onQuery: (query: string | undefined) => void;
}

/** A query of the database's own SQL: its first rows are shown, all of them become a dataset. */
export function QueryPane({ name, query, tables, onQuery }: Props) {
  const [text, setText] = useState(query);
  const run = useMutation({ mutationFn: () => ask(name, text) });
  const names = useMemo(() => Object.fromEntries(tables.map((one) => [one.name, []])), [tables]);
  const go = () => {
    if (run.isPending || !text.trim()) return;
    onQuery(text);
    run.mutate();
  };
  return (
    <Stack gap="sm">
      <div className={classes.editor}>
        <SqlEditor label="Query" value={text} onChange={setText} onRun={go} names={names} />
      </div>
      <Group gap="xs">
        <Button
          leftSection={<IconPlay size={14} aria-hidden />}
          onClick={go}
          loading={run.isPending}
          disabled={!text.trim()}
        >
          Run
        </Button>
        <MayLink
          permission="datasets.write"
          to="create datasets"
          variant="default"
          href={at(['datasets', '-', 'new'], { from: 'sql', datastore: name, query: text.trim() })}
        >
          Create dataset
        </MayLink>
        <Button variant="subtle" onClick={() => onQuery(undefined)}>
          Close the query
        </Button>
        <Text size="sm" c="dimmed">
          <Kbd size="xs">Ctrl</Kbd> <Kbd size="xs">Enter</Kbd> runs it. It may only read.
        </Text>
      </Group>
      {run.error ? <ErrorState error={Problem.from(run.error)} inline /> : null}
      {run.data ? <HeadGrid head={run.data} label="Result of the query" /> : null}
    </Stack>
  );
}
