import { Radio, Stack, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Section } from '@/kit/Page';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { nameProblem } from '../naming';
import { named } from '../queries';
import type { Choice } from './search';
import { snippetsOf } from './snippets';
import type { Change } from './SourceStep';
import { useSent } from './useSent';

interface Props {
  choice: Choice;
  name: string;
  onChange: Change;
  fields: Readonly<Record<string, string>>;
}

/** What it is called, and whether the bytes are copied or stay where they are. */
export function AboutStep({ choice, name, onChange, fields }: Props) {
  const [text, setText] = useState(choice.description ?? '');
  const wrong = nameProblem(name);
  const known = useQuery({ ...named(name), enabled: name !== '' && wrong === null });
  const there = known.data;
  const sent = useSent(choice);
  const remote = choice.from === 'datastore';
  return (
    <Stack gap="lg">
      <TextInput
        label="Name"
        required
        w={360}
        description={
          there
            ? `There is a dataset of this name: this becomes its next version after ${there.version}, or the same version when nothing changed.`
            : 'The same name again makes the next version.'
        }
        value={name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        error={wrong ?? fields.name}
      />
      <Textarea
        label="Description"
        autosize
        minRows={2}
        maxLength={10_000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => onChange({ description: text.trim() || undefined })}
        error={fields.description}
      />
      <TagsInput
        label="Tags of this version"
        description="Such as checked, or team=blue; Enter adds one"
        value={choice.tags ?? []}
        onChange={(tags) =>
          onChange({ tags: tags.length > 0 ? tags.map((tag) => tag.replaceAll(',', ' ')) : undefined })
        }
        clearable
        clearButtonProps={{ 'aria-label': 'No tags' }}
        error={fields.tags}
      />
      {remote ? (
        <Radio.Group
          label="The bytes"
          value={choice.mode ?? 'managed'}
          onChange={(mode) => onChange({ mode: mode === 'referenced' ? 'referenced' : undefined })}
        >
          <Stack gap="xs" mt="xs">
            <Radio
              value="managed"
              label="Copy them into the studio"
              description="The version stays whatever happens to the datastore; only files that are new are copied."
            />
            <Radio
              value="referenced"
              label="Leave them in the datastore"
              description="Nothing is copied. Each use checks that they are what they were, and says what is not."
            />
          </Stack>
        </Radio.Group>
      ) : null}
      {remote || choice.from === 'run' ? (
        <Switch
          label="Leave out files that cannot be read"
          description="They are named afterwards; else one of them stops it."
          checked={choice.unreadable === 'skip'}
          onChange={(event) => onChange({ unreadable: event.currentTarget.checked ? 'skip' : undefined })}
        />
      ) : null}
      <Section title="The same in code">
        <CodeSnippet code={snippetsOf(choice, name, sent)} />
      </Section>
    </Stack>
  );
}
