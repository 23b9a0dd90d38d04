import { Button, Code, Group, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { Section } from '@/kit/Page';
import { targetOf, type Target } from './queries';
import { EXPRESSIONS, inputsOf, withInput } from './targets';

interface Props {
  target: Target;
  /** What waits for it: says which expressions its values may hold. */
  trigger: string;
  set: (target: Target) => void;
  fields: Record<string, string>;
}

/** What runs: the values of its inputs, or the like of another run. */
export function TargetFields({ target, trigger, set, fields }: Props) {
  const inputs = inputsOf(target);
  const field = (name: string) =>
    ['values', 'inputs', 'params', 'data', 'spec']
      .flatMap((part) => [`target.${part}.${name}`, `target.${part}.${name}.path`, `${part}.${name}`])
      .map((key) => fields[key])
      .find(Boolean);
  return (
    <Section title="What it runs">
      {inputs.length > 0 ? (
        <>
          <Text size="sm">
            Values may hold <Code>{EXPRESSIONS[trigger]}</Code>
          </Text>
          {inputs.map((one) => (
            <TextInput
              key={one.name}
              label={one.name}
              {...(one.data ? { description: 'Where the data is' } : {})}
              value={one.text}
              error={field(one.name)}
              onChange={(event) => set(withInput(target, one.name, event.currentTarget.value))}
            />
          ))}
        </>
      ) : (
        <Text size="sm" c="dimmed">
          It has no inputs whose values could be changed.
        </Text>
      )}
      {target.kind === 'published' ? null : <OtherRun set={set} />}
    </Section>
  );
}

/** Takes the like of another run instead. */
function OtherRun({ set }: { set: (target: Target) => void }) {
  const cache = useQueryClient();
  const [id, setId] = useState('');
  const take = useMutation({
    mutationFn: () => cache.fetchQuery(targetOf(id.trim())),
    onSuccess: (found) => set(found.target),
  });
  return (
    <Group align="end">
      <TextInput
        label="The like of another run"
        description="Its id, as its page shows it"
        value={id}
        style={{ flexGrow: 1 }}
        error={take.error ? Problem.from(take.error).detail : undefined}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Button variant="default" loading={take.isPending} disabled={!id.trim()} onClick={() => take.mutate()}>
        Take it
      </Button>
    </Group>
  );
}
