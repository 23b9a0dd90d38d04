import { SegmentedControl, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Denied } from '@/kit/Denied';
import { useFollow } from '@/kit/Link';
import { Page, PageHeader, Section } from '@/kit/Page';
import { FromAddress } from './FromAddress';
import { FromFile } from './FromFile';
import { FromWeb } from './FromWeb';
import { inCode, type Typed } from './inCode';
import { nameFromFile, nameProblem } from './naming';
import { SOURCES } from './routes';

type Source = (typeof SOURCES)[number];

interface Preset {
  from?: Source | undefined;
  name?: string | undefined;
  run?: string | undefined;
  path?: string | undefined;
  address?: string | undefined;
  fetch?: string | undefined;
}

const FROM = '/w/$ws/models/new';
const LABELS: Record<Source, string> = {
  file: 'A file or folder',
  run: 'A run',
  address: 'MLflow address',
  web: 'Web or other MLflow',
};

/** Register a model: where it is from, what it is called, the rest is found out. */
export function RegisterPage() {
  const search: Preset = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const cache = useQueryClient();
  const follow = useFollow();
  const [name, setName] = useState(search.name ?? '');
  const [touched, setTouched] = useState(Boolean(search.name));
  const [problem, setProblem] = useState<string | undefined>();
  const [typed, setTyped] = useState<Typed>({});
  const source = search.from ?? (search.run ? 'run' : 'file');
  const done = (made: { name: string; version: number }) => {
    void cache.invalidateQueries({ queryKey: ['models'] });
    follow(at(['models', made.name, 'versions', String(made.version)]));
  };
  const shown = name || 'NAME';
  return (
    <Page
      title="Register a model"
      width="form"
      header={
        <PageHeader
          title={search.name && !search.fetch ? `New version of ${search.name}` : 'Register a model'}
          lead="Its files are kept as they are and looked into for what loading them would run; they are not loaded for that."
        />
      }
    >
      <Stack gap="lg">
        <Denied permission="models.write" to="register models" />
        <SegmentedControl
          aria-label="Where the model is from"
          data={SOURCES.map((value) => ({ value, label: LABELS[value] }))}
          value={source}
          onChange={(value) => {
            setTyped({});
            void navigate({ search: (old) => ({ ...old, from: value as Source }), replace: true });
          }}
        />
        <TextInput
          label="Name"
          description="The same name again makes the next version."
          value={name}
          onChange={(event) => {
            setTouched(true);
            setName(event.currentTarget.value);
            setProblem(undefined);
          }}
          error={nameProblem(name) ?? problem}
          required
        />
        {source === 'file' ? (
          <FromFile
            name={name}
            onName={setProblem}
            onChosen={(file) => {
              if (!touched) setName(nameFromFile(file));
            }}
            onDone={done}
          />
        ) : source === 'web' ? (
          <FromWeb
            name={name}
            fetch={search.fetch ? { name: search.name ?? name, run: search.fetch } : undefined}
            onTyped={setTyped}
            onFetch={(fetch) => void navigate({ search: (old) => ({ ...old, name, fetch }), replace: true })}
            onName={setProblem}
            onDone={done}
          />
        ) : (
          <FromAddress
            key={source}
            kind={source}
            preset={search}
            onTyped={setTyped}
            name={name}
            onName={setProblem}
            onDone={done}
          />
        )}
      </Stack>
      <Section title="The same in code">
        <CodeSnippet code={inCode(source, shown, { ...search, ...typed })} />
      </Section>
    </Page>
  );
}
