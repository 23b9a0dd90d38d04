import { Button, Checkbox, Group, MultiSelect, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { Note } from '@/kit/Note';
import { webhookEvents, type Webhook } from './queries';
import classes from './workspace.module.css';

interface Props {
  /** The one that is changed; none: a new one. */
  hook?: Webhook;
  onDone: () => void;
}

/** A new webhook, or a change of one. The secret is written once and never shown again: left empty it stays. */
export function WebhookForm({ hook, onDone }: Props) {
  const cache = useQueryClient();
  const events = useQuery(webhookEvents);
  const [name, setName] = useState(hook?.name ?? '');
  const [url, setUrl] = useState(hook?.url ?? '');
  const [about, setAbout] = useState(hook?.description ?? '');
  const [kinds, setKinds] = useState<string[]>(hook?.events ?? ['model_version.created']);
  const [unsigned, setUnsigned] = useState(false);
  const [secret, setSecret] = useState('');
  const make = useMutation({
    mutationFn: () => {
      const told = { name: name.trim(), url: url.trim(), events: kinds, description: about.trim() };
      if (!hook) {
        const body = { ...told, secret: secret || null, status: 'active' as const };
        return data(api().POST('/workspace/webhooks', { body }));
      }
      const body = { ...told, ...(unsigned ? { secret: '' } : secret ? { secret } : {}) };
      return data(api().PATCH('/workspace/webhooks/{id}', { params: { path: { id: hook.id } }, body }));
    },
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['webhooks'] });
      onDone();
    },
  });
  const problem = make.error ? Problem.from(make.error) : null;
  const fields = problem?.fields ?? {};
  const known = ['name', 'url', 'events', 'secret', 'description'].some((field) => field in fields);
  return (
    <form
      className={classes.form}
      aria-label={hook ? `Change ${hook.name}` : 'New webhook'}
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
      <TextInput
        label="Description"
        value={about}
        onChange={(event) => setAbout(event.currentTarget.value)}
        error={fields.description}
      />
      <PasswordInput
        label="Secret"
        disabled={unsigned}
        placeholder={hook?.has_secret ? 'Stays as it is' : ''}
        description="Signs each delivery, so that the receiver can tell it from a forged one."
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        error={fields.secret}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the secret' }}
      />
      {hook?.has_secret ? (
        <Checkbox
          label="Send without a signature from now on"
          checked={unsigned}
          onChange={(event) => setUnsigned(event.currentTarget.checked)}
        />
      ) : null}
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
          {hook ? 'Save' : 'Add webhook'}
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
