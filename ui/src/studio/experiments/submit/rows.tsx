import { Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { AddRow, RemoveRow } from './RowButtons';
import { nextKey, TYPES, type InputRow, type OutputRow } from './spec';

const MODES = ['ro_mount', 'download', 'direct'] as const;

/** The choices, and one that only the job it is made from has. */
const withOwn = (known: readonly string[], own: string) =>
  known.includes(own) ? [...known] : [...known, own];

interface InputsProps {
  rows: InputRow[];
  onChange: (rows: InputRow[]) => void;
  errors: Record<string, string>;
}

/** Inputs: values, and data of the studio or of elsewhere, each used as ${{inputs.NAME}}. */
export function InputRows({ rows, onChange, errors }: InputsProps) {
  const change = (key: number, next: Partial<InputRow>) =>
    onChange(rows.map((it) => (it.key === key ? { ...it, ...next } : it)));
  const add = (kind: 'literal' | 'data') =>
    onChange([...rows, { key: nextKey(), name: '', kind, value: '', type: 'uri_folder', mode: 'ro_mount' }]);
  return (
    <Stack gap="sm">
      {rows.map((it) => (
        <Group key={it.key} gap="sm" align="flex-start" wrap="nowrap">
          <TextInput
            aria-label="Name of the input"
            placeholder="name"
            w={150}
            value={it.name}
            onChange={(event) => change(it.key, { name: event.currentTarget.value })}
            disabled={it.kind === 'sent'}
          />
          {it.kind === 'sent' ? (
            <Text size="sm" flex={1} pt={6}>
              {it.value} files that were sent with the run it is made from
            </Text>
          ) : (
            <TextInput
              aria-label={it.kind === 'data' ? 'Where the data is' : 'Value'}
              placeholder={
                it.kind === 'data'
                  ? 'azureml:titanic:1, azureml:titanic:1@train, azureml://datastores/…, https://…'
                  : 'value'
              }
              flex={1}
              value={it.value}
              onChange={(event) => change(it.key, { value: event.currentTarget.value })}
              error={errors[`data.${it.name.trim()}`]}
            />
          )}
          {it.kind === 'data' ? (
            <>
              <NativeSelect
                aria-label="Type"
                w={130}
                data={withOwn(TYPES, it.type)}
                value={it.type}
                onChange={(event) => change(it.key, { type: event.currentTarget.value })}
              />
              <NativeSelect
                aria-label="Mode"
                w={120}
                data={withOwn(MODES, it.mode)}
                value={it.mode}
                onChange={(event) => change(it.key, { mode: event.currentTarget.value })}
              />
            </>
          ) : null}
          <RemoveRow
            label={`Remove the input ${it.name}`}
            onClick={() => onChange(rows.filter((other) => other.key !== it.key))}
          />
        </Group>
      ))}
      <Group gap="sm">
        <AddRow onClick={() => add('literal')}>Add value</AddRow>
        <AddRow onClick={() => add('data')}>Add data</AddRow>
      </Group>
    </Stack>
  );
}

interface OutputsProps {
  rows: OutputRow[];
  onChange: (rows: OutputRow[]) => void;
  errors: Record<string, string>;
}

/** Outputs: what the command writes to ${{outputs.NAME}}; one may become a dataset or model. */
export function OutputRows({ rows, onChange, errors }: OutputsProps) {
  const change = (key: number, next: Partial<OutputRow>) =>
    onChange(rows.map((it) => (it.key === key ? { ...it, ...next } : it)));
  return (
    <Stack gap="sm">
      {rows.map((it) => (
        <Group key={it.key} gap="sm" align="flex-start" wrap="nowrap">
          <TextInput
            aria-label="Name of the output"
            placeholder="name"
            w={150}
            value={it.name}
            onChange={(event) => change(it.key, { name: event.currentTarget.value })}
          />
          <NativeSelect
            aria-label="Type"
            w={130}
            data={withOwn(TYPES, it.type)}
            value={it.type}
            onChange={(event) => change(it.key, { type: event.currentTarget.value })}
          />
          <TextInput
            aria-label="Register as"
            placeholder="register as…"
            w={170}
            value={it.register}
            onChange={(event) => change(it.key, { register: event.currentTarget.value })}
          />
          <TextInput
            aria-label="Copy to"
            placeholder="copy to azureml://datastores/… (else the run keeps it)"
            flex={1}
            value={it.path}
            onChange={(event) => change(it.key, { path: event.currentTarget.value })}
            error={errors[`outputs.${it.name.trim()}`]}
          />
          <RemoveRow
            label={`Remove the output ${it.name}`}
            onClick={() => onChange(rows.filter((other) => other.key !== it.key))}
          />
        </Group>
      ))}
      <Group>
        <AddRow
          onClick={() =>
            onChange([...rows, { key: nextKey(), name: '', type: 'uri_folder', register: '', path: '' }])
          }
        >
          Add output
        </AddRow>
      </Group>
    </Stack>
  );
}
