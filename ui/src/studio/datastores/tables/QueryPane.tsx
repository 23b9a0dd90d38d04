import { Button, Group, Kbd, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { SqlEditor } from '@/kit/code/SqlEditor';
import { ErrorState } from '@/kit/ErrorState';
import { IconPlay } from '@/kit/icons';
import { MayLink } from '@/kit/MayLink';
import { Reason } from '@/kit/Reason';
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
  const may = useMay('datastores.write');
  const [text, setText] = useState(query);
  // the address is ahead of the editor after Back, and behind it between a run and its own arrival there
  const [seen, setSeen] = useState(query);
  const [sent, setSent] = useState<string | null>(null);
  if (query !== seen) {
    setSeen(query);
    setSent(null);
    if (query !== sent) setText(query);
  }
  const run = useMutation({ mutationFn: (wanted: string) => ask(name, wanted) });
  const of = run.variables === query;
  const names = useMemo(() => Object.fromEntries(tables.map((one) => [one.name, []])), [tables]);
  const go = () => {
    if (!may || run.isPending || !text.trim()) return;
    if (text !== query) setSent(text);
    onQuery(text);
    run.mutate(text);
  };
  return (
    <Stack gap="sm">
      <div className={classes.editor}>
        <SqlEditor label="Query" value={text} onChange={setText} onRun={go} names={names} />
      </div>
      <Group gap="xs">
        <Reason why={may ? undefined : 'Your role in this workspace may not query datastores'}>
          <Button
            leftSection={<IconPlay size={14} aria-hidden />}
            onClick={go}
            loading={run.isPending}
            disabled={!may || !text.trim()}
          >
            Run
          </Button>
        </Reason>
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
      {of && run.error ? <ErrorState error={Problem.from(run.error)} inline /> : null}
      {of && run.data ? <HeadGrid head={run.data} label="Result of the query" /> : null}
    </Stack>
  );
}
