import { Autocomplete, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { AddRow, RemoveRow } from './RowButtons';
import { vault, type SecretRow } from './secrets';
import { nextKey } from './spec';

interface Props {
  rows: SecretRow[];
  onChange: (rows: SecretRow[]) => void;
  errors: Record<string, string>;
}

/** Secrets by name: the job reads each from its variable, and nobody else gets to see it. */
export function SecretRows({ rows, onChange, errors }: Props) {
  const known = useQuery(vault);
  const change = (key: number, next: Partial<SecretRow>) =>
    onChange(rows.map((it) => (it.key === key ? { ...it, ...next } : it)));
  return (
    <Stack gap="sm">
      {rows.map((it) => (
        <Group key={it.key} gap="sm" align="flex-start" wrap="nowrap">
          <TextInput
            aria-label="Variable of the secret"
            placeholder="VARIABLE"
            w={200}
            autoComplete="off"
            spellCheck={false}
            value={it.variable}
            onChange={(event) => change(it.key, { variable: event.currentTarget.value })}
          />
          <Autocomplete
            aria-label="Secret"
            placeholder="name, or name:version"
            flex={1}
            data={(known.data ?? []).map((one) => ({ value: one.name, disabled: !one.usable }))}
            value={it.secret}
            onChange={(secret) => change(it.key, { secret })}
            error={errors[`secrets.${it.variable.trim()}`]}
          />
          <RemoveRow
            label={`Remove the secret ${it.variable}`}
            onClick={() => onChange(rows.filter((other) => other.key !== it.key))}
          />
        </Group>
      ))}
      <Group>
        <AddRow onClick={() => onChange([...rows, { key: nextKey(), variable: '', secret: '' }])}>
          Add secret
        </AddRow>
      </Group>
      <Text size="sm" c="dimmed">
        Of the <Link href={at(['workspace'], { tab: 'secrets' })}>workspace’s secrets</Link>: the job gets the
        value as an environment variable, and its log shows none.
        {known.isError ? ' They cannot be listed now: write the name.' : ''}
      </Text>
    </Stack>
  );
}
