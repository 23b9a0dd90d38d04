import { Button, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { ErrorState } from '@/kit/ErrorState';
import { IconTable } from '@/kit/icons';
import { Reason } from '@/kit/Reason';
import { JobStep } from '../wizard/JobStep';

/** Makes a dataset of what a query answers: a job runs it to its last row, and is followed here. */
export function SaveResult({ query, dataset }: { query: string; dataset: string }) {
  const may = useMay('datasets.write');
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const save = useMutation({
    mutationFn: () =>
      data(api().POST('/datasets/sql/save', { body: { query, dataset, name, description, timeout: 3600 } })),
  });
  const problem = save.error ? Problem.from(save.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <>
      <Reason why={may ? undefined : 'Your role may read datasets, not make them'}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconTable size={14} />}
          onClick={() => setOpen(true)}
        >
          Save as dataset
        </Button>
      </Reason>
      <Modal opened={open} onClose={() => setOpen(false)} title="Save as dataset">
        {save.data ? (
          <JobStep job={save.data.run_id} onBack={save.reset} back="Back to the name" />
        ) : (
          <form onSubmit={submit}>
            <Stack>
              <Text size="sm" c="dimmed">
                The query is run anew, to its last row. The datasets it reads become the lineage of the new
                one.
              </Text>
              <TextInput
                label="Name"
                description="An existing name gets a new version."
                required
                data-autofocus
                value={name}
                error={problem?.fields.name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Textarea
                label="Description"
                autosize
                minRows={2}
                value={description}
                onChange={(event) => setDescription(event.currentTarget.value)}
              />
              {problem && !problem.fields.name ? <ErrorState error={problem} inline /> : null}
              <Group justify="flex-end">
                <Button variant="default" onClick={() => setOpen(false)}>
                  Cancel
                </Button>
                <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
                  Save
                </Button>
              </Group>
            </Stack>
          </form>
        )}
      </Modal>
    </>
  );
}
