import { Button, Group, MultiSelect, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { Note } from '@/kit/Note';
import { webhookEvents } from './queries';
import classes from './workspace.module.css';

/** A new webhook. The secret is written once and never shown again. */
export function WebhookForm({ onDone }: { onDone: () => void }) {
  const cache = useQueryClient();
  const events = useQuery(webhookEvents);
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [kinds, setKinds] = useState<string[]>(['model_version.created']);
  const [secret, setSecret] = useState('');
  const make = useMutation({
    mutationFn: () =>
      data(
        api().POST('/workspace/webhooks', {
          body: {
            name: name.trim(),
            url: url.trim(),
            events: kinds,
            secret: secret || null,
            description: '',
            status: 'active',
          },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['webhooks'] });
      onDone();
    },
  });
  const problem = make.error ? Problem.from(make.error) : null;
  const fields = problem?.fields ?? {};
  const known = ['name', 'url', 'events', 'secret'].some((field) => field in fields);
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <TextInput
        label="Name"
        placeholder="ci"
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={fields.name}
      />
      <TextInput
        label="URL"
        placeholder="https://ci.example.com/hook"
        required
        value={url}
        onChange={(event) => setUrl(event.currentTarget.value)}
        error={fields.url}
      />
      <MultiSelect
        label="Tell it of"
        data={events.data ?? []}
        value={kinds}
        onChange={setKinds}
        searchable
        required
        error={fields.events}
        clearButtonProps={{ 'aria-label': 'Tell it of nothing' }}
      />
      <PasswordInput
        label="Secret"
        description="Signs each delivery, so that the receiver can tell it from a forged one."
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        error={fields.secret}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
      />
      {problem && !known ? (
        <Note tone="warning" title={problem.detail}>
          {problem.hint}
        </Note>
      ) : null}
      <Group>
        <Button
          type="submit"
          loading={make.isPending}
          disabled={!name.trim() || !url.trim() || kinds.length === 0}
        >
          Add webhook
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
