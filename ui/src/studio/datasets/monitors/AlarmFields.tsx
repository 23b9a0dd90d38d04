import { Checkbox, Group, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core';
import { Section } from '@/kit/Page';
import type { PartProps } from './formState';

interface Props extends PartProps {
  edit: boolean;
}

/** From which size on it is an alarm, and who gets mail. */
export function AlarmFields({ state, set, fields, edit }: Props) {
  return (
    <Section title="When you are told">
      <Stack>
        <Group grow align="flex-start">
          <NumberInput
            label="Drift magnitude above"
            description="0.2: a model tells window and baseline apart by 20%."
            value={state.threshold}
            onChange={(value) => set({ threshold: Number(value) || 0.2 })}
            min={0.01}
            max={1}
            step={0.05}
            decimalScale={3}
          />
          <NumberInput
            label="Stability index of a feature above"
            description="0.1 is some drift, 0.25 much."
            value={state.featureThreshold}
            onChange={(value) => set({ featureThreshold: Number(value) || 0.1 })}
            min={0.01}
            max={100}
            step={0.05}
            decimalScale={3}
          />
        </Group>
        <Checkbox
          label="A single feature that drifts is an alarm too"
          checked={state.alertFeatures}
          onChange={(event) => set({ alertFeatures: event.currentTarget.checked })}
        />
        <TagsInput
          label="Mail to"
          description="Besides the bell in the studio and webhooks; once when it begins to drift, once when it is over."
          placeholder="ann@example.org"
          value={state.recipients}
          onChange={(recipients) => set({ recipients })}
        />
        {edit ? null : (
          <TextInput
            label="Name of the monitor"
            value={state.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={fields.name}
            required
          />
        )}
      </Stack>
    </Section>
  );
}
