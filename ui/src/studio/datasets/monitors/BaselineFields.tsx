import { Group, MultiSelect, Select, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Section } from '@/kit/Page';
import { dataset as about } from '../queries';
import type { PartProps } from './formState';

interface Props extends PartProps {
  names: string[];
  columns: string[];
}

/** What windows are compared with, and by which columns. */
export function BaselineFields({ state, set, fields, names, columns }: Props) {
  const based = useQuery({ ...about(state.base), enabled: state.base !== '' });
  return (
    <Section title="What it is compared with">
      <Stack>
        <Group grow align="flex-start">
          <Select
            label="Baseline"
            description="A dataset whose rows are as they should be."
            data={[...new Set([...names, ...(state.base ? [state.base] : [])])]}
            value={state.base || null}
            onChange={(value) => set({ base: value ?? '', baseVersion: null })}
            searchable
          />
          <Select
            label="Version"
            description="Pinned: later versions do not change it."
            placeholder={`the newest, ${based.data?.version ?? ''}`}
            clearable
            clearButtonProps={{ 'aria-label': 'The newest version' }}
            data={Array.from({ length: based.data?.version ?? 0 }, (_, index) =>
              String((based.data?.version ?? 0) - index),
            )}
            value={state.baseVersion ? String(state.baseVersion) : null}
            onChange={(value) => set({ baseVersion: value ? Number(value) : null })}
          />
        </Group>
        <Group grow align="flex-start">
          <TextInput
            type="date"
            label="Only rows from"
            description="Empty: from its first row."
            value={state.baseStart}
            onChange={(event) => set({ baseStart: event.currentTarget.value })}
            error={fields['baseline.timestamp']}
          />
          <TextInput
            type="date"
            label="until, without it"
            description="Empty: to its last row."
            value={state.baseEnd}
            onChange={(event) => set({ baseEnd: event.currentTarget.value })}
            error={fields['baseline.end']}
          />
        </Group>
        <MultiSelect
          label="Features"
          description="Empty: every column that can be compared, up to 200."
          data={columns.filter((column) => column !== state.timestamp)}
          value={state.features}
          onChange={(features) => set({ features })}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': 'Every column' }}
          error={fields.features}
        />
      </Stack>
    </Section>
  );
}
