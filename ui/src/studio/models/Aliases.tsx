import { Badge, Button, CloseButton, Group, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { doneWithUndo } from '@/kit/ConfirmUndo';
import { model, type ModelVersion } from './queries';

/** Names for this version that move, such as `champion`: `models:/titanic@champion` loads whatever it names. */
export function Aliases({ version: it }: { version: ModelVersion }) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const again = () => cache.invalidateQueries({ queryKey: ['models'] });
  const set = (alias: string, version: number) =>
    api().PUT('/models/{name}/aliases/{alias}', {
      params: { path: { name: it.name, alias } },
      body: { version },
    });
  const drop = (alias: string) =>
    api().DELETE('/models/{name}/aliases/{alias}', { params: { path: { name: it.name, alias } } });
  const add = useMutation({
    mutationFn: async (alias: string) => {
      const before = (await cache.fetchQuery(model(it.name))).aliases?.[alias];
      await set(alias, it.version);
      return { alias, before };
    },
    onSuccess: async ({ alias, before }) => {
      setName('');
      await again();
      doneWithUndo(before ? `@${alias} moved here from version ${before}` : `@${alias} added`, async () => {
        await (before ? set(alias, before) : drop(alias));
        await again();
      });
    },
  });
  const remove = useMutation({
    mutationFn: drop,
    onSuccess: async (_, alias) => {
      await again();
      doneWithUndo(`@${alias} removed`, async () => {
        await set(alias, it.version);
        await again();
      });
    },
  });
  const problem = add.error ?? remove.error;
  return (
    <div>
      <Group gap="xs" mb="sm">
        {(it.aliases ?? []).map((alias) => (
          <Badge
            key={alias}
            rightSection={
              may ? (
                <CloseButton
                  size={24}
                  iconSize={12}
                  aria-label={`Remove the alias ${alias}`}
                  onClick={() => remove.mutate(alias)}
                />
              ) : null
            }
          >
            @{alias}
          </Badge>
        ))}
      </Group>
      {may ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) add.mutate(name.trim());
          }}
        >
          <Group gap="sm" align="flex-start">
            <TextInput
              aria-label="New alias"
              placeholder="champion"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={problem ? Problem.from(problem).detail : null}
              w={200}
            />
            <Button type="submit" variant="default" loading={add.isPending} disabled={!name.trim()}>
              Add alias
            </Button>
          </Group>
        </form>
      ) : null}
    </div>
  );
}
