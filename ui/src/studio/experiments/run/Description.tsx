import { Button, Group, SegmentedControl, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '@/kernel/session';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { IconPencil } from '@/kit/icons';
import { Markdown } from '@/kit/Markdown';
import { Section } from '@/kit/Page';
import type { Run } from '../queries';
import { changeTags, NOTE } from './tags';

/** What people wrote about a run, in Markdown: MLflow's note. */
export function Description({ run, text }: { run: Run; text: string }) {
  const may = useMay('experiments.write') && run.lifecycle === 'active';
  const [draft, setDraft] = useState<string | null>(null);
  const [look, setLook] = useState('Write');
  const save = async () => {
    if (draft === null) return;
    const next = draft.trim() ? draft : null;
    setDraft(null);
    try {
      const undo = await changeTags(run, { [NOTE]: next });
      doneWithUndo(next ? 'Description saved' : 'Description removed', () => changeTags(run, undo));
    } catch (error) {
      setDraft(draft);
      toastProblem(error);
    }
  };
  const edit = (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<IconPencil size={14} aria-hidden />}
      onClick={() => {
        setLook('Write');
        setDraft(text);
      }}
    >
      {text ? 'Edit' : 'Add a description'}
    </Button>
  );
  if (!text && draft === null) return may ? <div>{edit}</div> : null;
  return (
    <Section title="Description" actions={draft === null && may ? edit : null}>
      {draft === null ? (
        <Markdown text={text} />
      ) : (
        <>
          <SegmentedControl
            size="xs"
            aria-label="Description"
            value={look}
            onChange={setLook}
            data={['Write', 'Preview']}
          />
          {look === 'Preview' ? (
            draft.trim() ? (
              <Markdown text={draft} />
            ) : (
              <Text size="sm" c="dimmed">
                Nothing yet.
              </Text>
            )
          ) : (
            <Textarea
              aria-label="Description in Markdown"
              autosize
              minRows={4}
              maxRows={20}
              maxLength={8000}
              mt="sm"
              value={draft}
              onChange={(event) => setDraft(event.currentTarget.value)}
              autoFocus
            />
          )}
          <Group gap="sm" mt="sm">
            <Button onClick={() => void save()}>Save</Button>
            <Button variant="default" onClick={() => setDraft(null)}>
              Cancel
            </Button>
          </Group>
        </>
      )}
    </Section>
  );
}
