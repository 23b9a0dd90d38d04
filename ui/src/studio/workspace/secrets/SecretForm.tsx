import { Button, Group, PasswordInput, Switch, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { Note } from '@/kit/Note';
import { write, type Secret } from './queries';
import { endOf } from './words';
import classes from '../workspace.module.css';

interface Props {
  /** The secret that gets a new version; none: a new secret. */
  secret?: Secret;
  /** Told the name when it was written, nothing when it was given up. */
  onDone: (name?: string) => void;
}

/**
 * Writes a version. The value lives in this form's state alone, and only until it was sent: no query or mutation keeps it, no
 * address, draft or storage of the browser has it, and it is never shown again.
 */
export function SecretForm({ secret, onDone }: Props) {
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [lines, setLines] = useState(false);
  const [about, setAbout] = useState('');
  const [until, setUntil] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const wanted = secret?.name ?? name.trim();
  const save = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await write(wanted, {
        value,
        expected: secret?.version ?? 0,
        expires_at: endOf(until),
        ...(secret ? {} : { description: about.trim() }),
      });
      setValue('');
      await cache.invalidateQueries({ queryKey: ['secrets'] });
      onDone(wanted);
    } catch (error) {
      setProblem(Problem.from(error));
    } finally {
      setBusy(false);
    }
  };
  const fields = problem?.fields ?? {};
  const known = ['name', 'value', 'description', 'expires_at'].some((field) => field in fields);
  const common = {
    label: 'Value',
    description: 'Write-only: it is sealed when it arrives, and shown to nobody again.',
    required: true,
    autoComplete: 'off',
    value,
    error: fields.value,
  };
  return (
    <form
      className={classes.form}
      aria-label={secret ? `New version of ${secret.name}` : 'New secret'}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {secret ? null : (
        <TextInput
          label="Name"
          placeholder="warehouse-password"
          description="Letters, digits, '.', '_' and '-'. Jobs use the secret by this name."
          required
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fields.name}
        />
      )}
      {lines ? (
        <Textarea
          {...common}
          autosize
          minRows={4}
          maxRows={14}
          spellCheck={false}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      ) : (
        <PasswordInput
          {...common}
          autoFocus={secret !== undefined}
          autoComplete="new-password" // else browsers offer to keep it as the password of this site
          visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed' }}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
      )}
      <Switch
        label="Several lines, such as a key file"
        checked={lines}
        onChange={(event) => {
          setLines(event.currentTarget.checked);
          if (!event.currentTarget.checked) setValue(value.replaceAll('\n', ''));
        }}
      />
      {secret ? null : (
        <TextInput
          label="Description"
          placeholder="read-only account of the warehouse"
          value={about}
          onChange={(event) => setAbout(event.currentTarget.value)}
          error={fields.description}
        />
      )}
      <TextInput
        type="date"
        label="Good until"
        description="Until the end of this day; after it no job gets the version. Empty: without an end."
        value={until}
        onChange={(event) => setUntil(event.currentTarget.value)}
        error={fields.expires_at}
        w={320}
      />
      {problem && !known ? (
        <Note tone="warning" title={problem.detail || problem.title}>
          {problem.hint}
        </Note>
      ) : null}
      <Group>
        <Button type="submit" loading={busy} disabled={!wanted || value === ''}>
          {secret ? 'Write the version' : 'Make the secret'}
        </Button>
        <Button variant="default" onClick={() => onDone()}>
          Cancel
        </Button>
      </Group>
    </form>
  );
}
