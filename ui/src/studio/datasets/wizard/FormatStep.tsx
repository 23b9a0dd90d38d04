import { Autocomplete, Checkbox, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ErrorState } from '@/kit/ErrorState';
import { Loading, Section } from '@/kit/Page';
import { Problem } from '@/kernel/problem';
import { Described } from '../mltable/Described';
import type { Source } from './choice';
import { Blind } from './Blind';
import { formats, inspection, isBlind } from './inspection';
import { optionsOf, placeholderOf, readOption, shownOption, type Option } from './options';
import { PreviewTable } from './PreviewTable';
import type { ReadingChoice } from './reading';

interface Props {
  source: Source | null;
  reading: ReadingChoice;
  onReading: (reading: ReadingChoice) => void;
}

/** What the files are and how they are read; the first rows follow each change. */
export function FormatStep({ source, reading, onReading }: Props) {
  const known = useQuery(formats);
  const found = useQuery(inspection(source, reading));
  const blind = found.error !== null && isBlind(found.error);
  const problem = found.error && !blind ? Problem.from(found.error) : null;
  const format = (reading.format as string | undefined) ?? found.data?.format;
  const heeded = known.data?.find((one) => one.name === format)?.options;
  const set = (key: string, value: unknown) => onReading({ ...reading, [key]: value });
  const steps = reading.transformations ? null : (found.data?.transformations ?? null);
  const options = optionsOf(heeded, reading, problem?.fields ?? {});
  const how = (
    <>
      <Group align="end">
        <Select
          label="Format"
          placeholder={found.data ? `Found: ${titleOf(known.data, found.data.format)}` : 'Find out'}
          clearable
          searchable
          w={280}
          data={(known.data ?? []).map((one) => ({ value: one.name, label: one.title }))}
          value={(reading.format as string | undefined) ?? null}
          onChange={(value) => set('format', value ?? undefined)}
          error={problem?.fields.format}
        />
        <Text size="sm" c="dimmed">
          All of it is found out; say it where that went wrong.
        </Text>
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2, md: 3 }}>
        {options.map((option) => (
          <OptionField
            key={option.key}
            option={option}
            value={reading[option.key]}
            found={found.data?.options[option.key]}
            error={problem?.fields[option.key]}
            onValue={(value) => set(option.key, value)}
          />
        ))}
      </SimpleGrid>
    </>
  );
  return (
    <Stack gap="lg">
      <Described steps={steps} reading={reading} onReading={onReading} />
      {steps ? null : how}
      <Section title="First rows">
        {blind ? <Blind /> : null}
        {problem ? <ErrorState error={problem} inline onRetry={() => void found.refetch()} /> : null}
        {found.data ? (
          <PreviewTable found={found.data} stale={found.isPlaceholderData || found.isFetching} />
        ) : problem || blind ? null : (
          <Loading rows={5} />
        )}
      </Section>
    </Stack>
  );
}

function titleOf(known: readonly { name: string; title: string }[] | undefined, name: string): string {
  return known?.find((one) => one.name === name)?.title ?? name.replaceAll('_', ' ');
}

interface FieldProps {
  option: Option;
  value: unknown;
  found: unknown;
  error: string | undefined;
  onValue: (value: unknown) => void;
}

function OptionField({ option, value, found, error, onValue }: FieldProps) {
  const [text, setText] = useState(shownOption(option, value));
  const later = useDebouncedCallback((next: string) => onValue(readOption(option, next)), 350);
  if (option.kind === 'flag')
    return (
      <Checkbox
        label={option.label}
        description={option.help}
        checked={typeof value === 'boolean' ? value : (option.usually ?? false)}
        onChange={(event) => {
          const on = event.currentTarget.checked;
          onValue(on === (option.usually ?? false) ? undefined : on);
        }}
      />
    );
  const placeholder = placeholderOf(option, found);
  if (option.open)
    return (
      <Autocomplete
        label={option.label}
        description={option.help}
        placeholder={placeholder}
        data={option.choices?.map(([, label]) => label) ?? []}
        filter={({ options }) => options}
        value={text}
        onChange={(next) => {
          setText(next);
          later(next);
        }}
        error={error}
      />
    );
  if (option.choices)
    return (
      <Select
        label={option.label}
        description={option.help}
        placeholder={placeholder}
        clearable
        data={option.choices.map(([key, label]) => ({ value: key, label }))}
        value={value === undefined ? null : shownOption(option, value)}
        onChange={(next) => onValue(next === null ? undefined : readOption(option, next))}
        error={error}
      />
    );
  return (
    <TextInput
      label={option.label}
      description={option.help}
      placeholder={placeholder}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
      error={error}
    />
  );
}
