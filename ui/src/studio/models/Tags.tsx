import { Badge, Button, CloseButton, Group, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import classes from './models.module.css';

interface Props {
  tags: Readonly<Record<string, string>>;
  save: (tags: Record<string, string | null>) => Promise<unknown>;
}

/** Tags as `key=value`, added by typing one and removed with undo by typing it again. */
export function Tags({ tags, save }: Props) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const [text, setText] = useState('');
  const change = useMutation({
    mutationFn: save,
    onSuccess: async () => {
      setText('');
      await cache.invalidateQueries({ queryKey: ['models'] });
    },
  });
  const shown = Object.entries(tags).filter(([key]) => !key.startsWith('mlflow.'));
  const cut = text.indexOf('=');
  const key = (cut < 0 ? text : text.slice(0, cut)).trim();
  return (
    <div>
      {shown.length > 0 ? (
        <Group gap="xs" mb="sm">
          {shown.map(([name, value]) => (
            <Badge
              key={name}
              className={classes.tag ?? ''}
              rightSection={
                may ? (
                  <CloseButton
                    size={24}
                    iconSize={12}
                    aria-label={`Remove the tag ${name}`}
                    onClick={() => change.mutate({ [name]: null })}
                  />
                ) : null
              }
            >
              {value ? `${name}=${value}` : name}
            </Badge>
          ))}
        </Group>
      ) : null}
      {may ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (key) change.mutate({ [key]: cut < 0 ? '' : text.slice(cut + 1).trim() });
          }}
        >
          <Group gap="sm" align="flex-start">
            <TextInput
              aria-label="New tag"
              placeholder="checked=yes"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={change.error ? Problem.from(change.error).detail : null}
              w={200}
            />
            <Button type="submit" variant="default" loading={change.isPending} disabled={!key}>
              Add tag
            </Button>
          </Group>
        </form>
      ) : null}
    </div>
  );
}
