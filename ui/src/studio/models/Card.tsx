import { Button, Group, SegmentedControl, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { later } from '@/kernel/later';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { Arriving } from '@/kit/Arriving';
import { Section } from '@/kit/Page';
import classes from './models.module.css';

const Markdown = later(() => import('./Markdown'), 'Markdown');
const TEMPLATE = '## What it is for\n\n## Trained on\n\n## How good it is\n\n## Do not use it for\n';

interface Props {
  /** What the card is of, for its labels: "the model", "version 3". */
  of: string;
  text: string;
  save: (text: string) => Promise<unknown>;
}

/** The card of a model or a version: Markdown, rendered safely, edited in place. */
export function Card({ of, text, save }: Props) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const [view, setView] = useState('write');
  const saving = useMutation({
    mutationFn: save,
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: ['models'] });
      setDraft(null);
    },
  });
  const edit =
    may && draft === null ? (
      <Button variant="subtle" size="compact-sm" onClick={() => setDraft(text || TEMPLATE)}>
        {text ? 'Edit card' : 'Write a card'}
      </Button>
    ) : null;
  return (
    <Section title="Card" actions={edit}>
      {draft === null ? (
        text ? (
          <Shown text={text} />
        ) : (
          <Text size="sm" c="dimmed">
            No card yet: what {of} is for, what it was trained on, how good it is, what not to use it for.
          </Text>
        )
      ) : (
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            saving.mutate(draft);
          }}
        >
          <SegmentedControl
            aria-label="How to show the card"
            mb="sm"
            data={[
              { value: 'write', label: 'Write' },
              { value: 'read', label: 'Preview' },
            ]}
            value={view}
            onChange={setView}
          />
          {view === 'write' ? (
            <Textarea
              aria-label={`Card of ${of}`}
              description="Markdown, with tables and lists"
              value={draft}
              onChange={(event) => setDraft(event.currentTarget.value)}
              autosize
              minRows={8}
              maxRows={24}
              maxLength={100_000}
              error={saving.error ? Problem.from(saving.error).detail : null}
              onKeyDown={(event) => {
                if (event.key === 'Escape') setDraft(null);
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) saving.mutate(draft);
              }}
            />
          ) : (
            <Shown text={draft} />
          )}
          <Group gap="sm" mt="sm">
            <Button type="submit" loading={saving.isPending}>
              Save card
            </Button>
            <Button variant="default" onClick={() => setDraft(null)}>
              Cancel
            </Button>
          </Group>
        </form>
      )}
    </Section>
  );
}

function Shown({ text }: { text: string }) {
  return (
    <Arriving fallback={<pre className={classes.description}>{text}</pre>}>
      <Markdown text={text} />
    </Arriving>
  );
}
