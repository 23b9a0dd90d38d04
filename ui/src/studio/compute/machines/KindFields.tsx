import { NumberInput, SimpleGrid, Textarea, TextInput } from '@mantine/core';
import type { MachineKind } from './queries';
import type { Values } from './values';

interface Props {
  kind: MachineKind;
  value: Values;
  onChange: (change: Partial<Values>) => void;
  problems: Readonly<Record<string, string>>;
}

/** What a kind of machines asks for beside where it is, drawn from its spec. */
export function KindFields({ kind, value, onChange, problems }: Props) {
  const set = (name: string, text: string) => onChange({ settings: { ...value.settings, [name]: text } });
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {kind.fields.map((field) => {
        const shared = {
          label: field.title,
          description: field.help,
          placeholder: field.example || undefined,
          value: value.settings[field.name] ?? String(field.default ?? ''),
          error: problems[`settings.${field.name}`],
          required: field.required,
          autoComplete: 'off',
        };
        if (field.type === 'number')
          return (
            <NumberInput
              key={field.name}
              {...shared}
              allowDecimal={false}
              onChange={(typed) => set(field.name, String(typed))}
            />
          );
        if (field.type === 'lines')
          return (
            <Textarea
              key={field.name}
              {...shared}
              autosize
              minRows={1}
              spellCheck={false}
              onChange={(event) => set(field.name, event.currentTarget.value)}
            />
          );
        return (
          <TextInput
            key={field.name}
            {...shared}
            spellCheck={false}
            onChange={(event) => set(field.name, event.currentTarget.value)}
          />
        );
      })}
    </SimpleGrid>
  );
}
