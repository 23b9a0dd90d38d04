import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { at } from '@/kernel/workspace';
import { useFollow } from '@/kit/Link';
import type { Run } from '../queries';
import { NewKeys } from './Keys';
import { publishRun } from './queries';

interface Props {
  run: Run;
  onClose: () => void;
}

/** Publish the like of a run: a new name, whose keys are shown once, or the next version of one that there is. */
export function PublishDialog({ run, onClose }: Props) {
  const cache = useQueryClient();
  const follow = useFollow();
  const [name, setName] = useState(run.name.replaceAll(/[^\w.-]+/g, '-').replace(/^[.-]+/, ''));
  const [note, setNote] = useState('');
  const publish = useMutation({
    mutationFn: () => publishRun(run.id, name.trim(), note),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['published'] });
      if ((made.new_keys ?? []).length === 0) follow(at(['pipelines', 'published', made.name]));
    },
  });
  const problem = publish.error ? Problem.from(publish.error) : null;
  const made = publish.data;
  return (
    <Modal opened onClose={onClose} title={made ? `${made.name} is published` : 'Publish'} size="lg">
      {made ? (
        <Stack gap="md">
          <NewKeys keys={made.new_keys ?? []} />
          <Group justify="flex-end">
            <Button data-autofocus onClick={() => follow(at(['pipelines', 'published', made.name]))}>
              See how it is started
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            publish.mutate();
          }}
        >
          <Stack gap="md">
            <Text size="sm">
              Who has its key starts it over HTTP. Components and environments stay as they were; values of
              this run stand in for inputs that a start leaves out.
            </Text>
            <TextInput
              label="Name"
              description="One that there is gets its next version, which becomes the default"
              data-autofocus
              required
              value={name}
              error={problem ? `${problem.detail} ${problem.hint ?? ''}` : null}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label="What is new"
              value={note}
              onChange={(event) => setNote(event.currentTarget.value)}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" loading={publish.isPending} disabled={!name.trim()}>
                Publish
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
