import { Button, Group, Text, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { changeVersion, version as versionQuery, type ModelVersion } from './queries';
import classes from './models.module.css';

export function Description({ version: it }: { version: ModelVersion }) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const [draft, setDraft] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: (description: string) => changeVersion(it, { description, tags: {} }),
    onSuccess: (changed) => {
      cache.setQueryData(versionQuery(it.name, it.version).queryKey, changed);
      void cache.invalidateQueries({ queryKey: ['models'] });
      setDraft(null);
    },
  });
  if (draft === null)
    return (
      <Group gap="sm" align="baseline">
        <Text size="sm" className={classes.description ?? ''} {...(it.description ? {} : { c: 'dimmed' })}>
          {it.description || 'No description.'}
        </Text>
        {may ? (
          <Button variant="subtle" size="compact-sm" onClick={() => setDraft(it.description ?? '')}>
            {it.description ? 'Edit description' : 'Describe it'}
          </Button>
        ) : null}
      </Group>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(draft);
      }}
      className={classes.form}
    >
      <Textarea
        label="Description"
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        autosize
        minRows={3}
        maxRows={12}
        maxLength={5000}
        data-autofocus
        error={save.error ? Problem.from(save.error).detail : null}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setDraft(null);
        }}
      />
      <Group gap="sm" mt="sm">
        <Button type="submit" loading={save.isPending}>
          Save description
        </Button>
        <Button variant="default" onClick={() => setDraft(null)}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
