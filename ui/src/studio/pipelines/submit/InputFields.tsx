import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { allowedOf, givenText } from '../words';
import { isLiteral, lackOf, type Filled, type Port } from './values';

interface Props {
  ports: Readonly<Record<string, Port>>;
  filled: Readonly<Record<string, Filled>>;
  onChange: (name: string, next: Filled) => void;
}

/** A field for each input of the pipeline. */
export function InputFields({ ports, filled, onChange }: Props) {
  const names = Object.keys(ports);
  if (names.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The pipeline takes no inputs.
      </Text>
    );
  return (
    <Stack gap="md">
      {names.map((name) => {
        const port = ports[name];
        return port ? (
          <Field
            key={name}
            name={name}
            port={port}
            filled={filled[name] ?? { text: '', kept: null }}
            onChange={(next) => onChange(name, next)}
          />
        ) : null;
      })}
    </Stack>
  );
}

function Field({
  name,
  port,
  filled,
  onChange,
}: {
  name: string;
  port: Port;
  filled: Filled;
  onChange: (next: Filled) => void;
}) {
  const allowed = allowedOf(port);
  const common = {
    label: name,
    description: [
      port.description,
      port.type,
      allowed === '–' ? '' : allowed,
      port.optional ? 'may be empty' : '',
    ]
      .filter(Boolean)
      .join(' · '),
    required: !port.optional,
    withAsterisk: false,
  };
  const error = filled.text === '' ? null : lackOf(name, port, filled);
  const set = (text: string) => onChange({ ...filled, text });
  if (port.type === 'boolean' || port.enum.length > 0)
    return (
      <Select
        {...common}
        data={port.type === 'boolean' ? ['true', 'false'] : port.enum}
        value={
          filled.text.toLowerCase() === 'true' || filled.text.toLowerCase() === 'false'
            ? filled.text.toLowerCase()
            : filled.text || null
        }
        onChange={(value) => set(value ?? '')}
        clearable={port.optional}
        error={error}
      />
    );
  return (
    <>
      <TextInput
        {...common}
        required={common.required && filled.kept === null}
        value={filled.text}
        onChange={(event) => set(event.currentTarget.value)}
        error={error}
        inputMode={port.type === 'number' || port.type === 'integer' ? 'decimal' : 'text'}
        placeholder={isLiteral(port) ? '' : 'azureml:titanic:1, azureml://datastores/…, https://…'}
      />
      {filled.kept !== null ? (
        <Group gap="sm" mt={-8}>
          <Text size="sm">
            {filled.text ? 'Instead of ' : ''}
            {givenText(filled.kept)}
          </Text>
          {port.optional ? (
            <Button variant="subtle" size="compact-sm" onClick={() => onChange({ ...filled, kept: null })}>
              Leave out
            </Button>
          ) : null}
        </Group>
      ) : null}
    </>
  );
}
