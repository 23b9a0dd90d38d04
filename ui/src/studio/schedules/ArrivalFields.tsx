import { Group, NumberInput, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FormState } from './formState';
import { datasetNames, storeNames } from './queries';

interface Props {
  state: FormState;
  set: (change: Partial<FormState>) => void;
  /** Message per field, from the server. */
  fields: Record<string, string>;
}

/** Which dataset has a new version, by name. */
export function VersionFields({ state, set, fields }: Props) {
  const [typed, setTyped] = useState(state.dataset);
  const [asked] = useDebouncedValue(typed, 250);
  const found = useQuery(datasetNames(asked === state.dataset ? '' : asked));
  const names = found.data ?? [];
  return (
    <Select
      label="Dataset"
      description="Each new version runs once, in order; one that a rule holds back when it is let in"
      placeholder={found.isPending ? 'Looking…' : 'Choose a dataset'}
      nothingFoundMessage="No dataset of this name"
      searchable
      required
      data={state.dataset && !names.includes(state.dataset) ? [state.dataset, ...names] : names}
      value={state.dataset || null}
      onSearchChange={setTyped}
      error={fields['trigger.dataset']}
      onChange={(dataset) => set({ dataset: dataset ?? '' })}
    />
  );
}

/** Where files arrive, and how they are taken. */
export function FileFields({ state, set, fields }: Props) {
  const found = useQuery(storeNames);
  const names = found.data ?? [];
  return (
    <Stack gap="md">
      <Group grow align="start">
        <Select
          label="Datastore"
          required
          searchable
          placeholder={found.isPending ? 'Looking…' : 'Choose a datastore'}
          data={state.datastore && !names.includes(state.datastore) ? [state.datastore, ...names] : names}
          value={state.datastore || null}
          error={fields['trigger.datastore']}
          onChange={(datastore) => set({ datastore: datastore ?? '' })}
        />
        <TextInput
          label="Path"
          description="A folder, a file or a pattern; ** is any folders"
          placeholder="incoming/**/*.csv"
          value={state.path}
          error={fields['trigger.path']}
          onChange={(event) => set({ path: event.currentTarget.value })}
        />
      </Group>
      <Group grow align="start">
        <NumberInput
          label="Seconds between looks"
          description="A file has arrived when two looks found it the same"
          min={5}
          max={86_400}
          allowDecimal={false}
          value={state.seconds}
          error={fields['trigger.interval']}
          onChange={(seconds) => set({ seconds: Number(seconds) || 60 })}
        />
        <NumberInput
          label="Of a look at most"
          description="The others are taken at the next one"
          min={1}
          max={1000}
          allowDecimal={false}
          value={state.most}
          error={fields['trigger.most']}
          onChange={(most) => set({ most: Number(most) || 100 })}
        />
      </Group>
      <SegmentedControl
        aria-label="Runs of files"
        value={state.batch ? 'batch' : 'each'}
        onChange={(how) => set({ batch: how === 'batch' })}
        data={[
          { value: 'each', label: 'One run for each file' },
          { value: 'batch', label: 'One run for those of a look' },
        ]}
      />
      <Select
        label="What is there already"
        description="Now, and when it goes on after a rest"
        allowDeselect={false}
        data={[
          { value: 'ignore', label: 'is left alone' },
          { value: 'take', label: 'counts as arrived' },
        ]}
        value={state.existing}
        onChange={(existing) => set({ existing: (existing ?? 'ignore') as FormState['existing'] })}
      />
    </Stack>
  );
}
