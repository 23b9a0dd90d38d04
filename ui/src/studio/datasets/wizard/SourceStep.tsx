import { Checkbox, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { UploadPanel } from '../upload/UploadPanel';
import { UseSample } from '../UseSample';
import { SOURCES, type Choice, type SourceKind } from './search';
import { StoreSource } from './StoreSource';
import classes from './wizard.module.css';

export type Change = (change: Choice) => void;

const ABOUT: Record<SourceKind, { title: string; help: string }> = {
  upload: { title: 'This computer', help: 'Files and folders, dropped or chosen' },
  datastore: { title: 'A datastore', help: 'A file, a folder or a pattern of one' },
  sql: { title: 'A query', help: 'The rows that a SQL database returns now' },
  url: { title: 'The web', help: 'A file at an https address' },
  run: { title: 'A run', help: 'What a run left among its artifacts' },
};

/** Where the bytes come from, and whether they are a table. */
export function SourceStep({ choice, onChange }: { choice: Choice; onChange: Change }) {
  const from = choice.from ?? 'upload';
  return (
    <Stack gap="lg">
      <div className={classes.sources} role="radiogroup" aria-label="Where the data comes from">
        {SOURCES.map((source) => (
          <label key={source} data-chosen={source === from || undefined}>
            <input
              type="radio"
              name="source"
              value={source}
              checked={source === from}
              onChange={() => onChange({ from: source === 'upload' ? undefined : source, read: undefined })}
            />
            <span>{ABOUT[source].title}</span>
            <small>{ABOUT[source].help}</small>
          </label>
        ))}
      </div>
      <div>
        <SegmentedControl
          aria-label="What it is"
          value={choice.kind ?? 'tabular'}
          disabled={from === 'sql'}
          onChange={(kind) => onChange({ kind: kind === 'file' ? 'file' : undefined })}
          data={[
            { value: 'tabular', label: 'A table' },
            { value: 'file', label: 'Files as they are' },
          ]}
        />
        <Text size="sm" c="dimmed" mt="xs">
          {choice.kind === 'file'
            ? 'Pictures, texts, anything: kept with their folders, and not read.'
            : 'Many files of the same kind are one table: CSV, Parquet, JSON, Excel and more.'}
        </Text>
      </div>
      <Part from={from} choice={choice} onChange={onChange} />
    </Stack>
  );
}

function Part({ from, choice, onChange }: { from: SourceKind; choice: Choice; onChange: Change }) {
  switch (from) {
    case 'datastore':
      return <StoreSource choice={choice} onChange={onChange} />;
    case 'sql':
      return <SqlSource choice={choice} onChange={onChange} />;
    case 'url':
      return <UrlSource choice={choice} onChange={onChange} />;
    case 'run':
      return <RunSource choice={choice} onChange={onChange} />;
    default:
      return (
        <Stack gap="md">
          <UploadPanel
            session={choice.session}
            kind={choice.kind ?? 'tabular'}
            onSession={(session) => onChange({ session })}
          />
          <Checkbox
            label="Unpack archives"
            description="The files within zip, tar and the like become files of the dataset."
            checked={choice.unpack === 'yes'}
            onChange={(event) => onChange({ unpack: event.currentTarget.checked ? 'yes' : undefined })}
          />
          <div>
            <UseSample />
          </div>
        </Stack>
      );
  }
}

export const stores = {
  queryKey: ['datastores', 'list'],
  queryFn: ({ signal }: { signal: AbortSignal }) => data(api().GET('/datastores', { signal })),
};

function SqlSource({ choice, onChange }: { choice: Choice; onChange: Change }) {
  const found = useQuery(stores);
  const sql = (found.data ?? []).filter((one) => one.family === 'sql');
  const [text, setText] = useState(choice.query ?? '');
  const later = useDebouncedCallback((query: string) => onChange({ query: query || undefined }), 400);
  return (
    <Stack gap="md">
      <Select
        label="Database"
        placeholder={sql.length === 0 ? 'No datastore is a database yet' : 'Choose a datastore'}
        searchable
        w={320}
        data={sql.map((one) => ({ value: one.name, label: `${one.name} (${one.kind_title || one.kind})` }))}
        value={choice.datastore ?? null}
        onChange={(datastore) => onChange({ datastore: datastore ?? undefined })}
      />
      {found.data && sql.length === 0 ? (
        <Text size="sm">
          <Link href={at(['datastores'])}>Connect a database</Link> first: PostgreSQL, MySQL, SQL Server and
          more.
        </Text>
      ) : null}
      <Textarea
        label="Query"
        description="It may only read. Its rows are kept as Parquet, so the version never changes."
        placeholder="SELECT * FROM orders WHERE placed >= '2026-01-01'"
        autosize
        minRows={5}
        maxRows={20}
        classNames={{ input: classes.code ?? '' }}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          later(event.currentTarget.value);
        }}
      />
    </Stack>
  );
}

function UrlSource({ choice, onChange }: { choice: Choice; onChange: Change }) {
  const [text, setText] = useState(choice.url ?? '');
  const later = useDebouncedCallback((url: string) => onChange({ url: url.trim() || undefined }), 400);
  const bad = text.trim() !== '' && !/^https?:\/\/./.test(text.trim());
  return (
    <TextInput
      label="Address"
      placeholder="https://example.com/data.csv"
      description="A job of the studio fetches it. Addresses of private networks are refused unless the studio's settings allow them."
      value={text}
      error={bad ? 'Write an address that begins with https:// or http://' : null}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}

function RunSource({ choice, onChange }: { choice: Choice; onChange: Change }) {
  const [run, setRun] = useState(choice.run ?? '');
  const [path, setPath] = useState(choice.path ?? '');
  const later = useDebouncedCallback(onChange, 400);
  const bad = run.trim() !== '' && !/^[0-9a-f]{32}$/.test(run.trim());
  return (
    <Stack gap="md">
      <TextInput
        label="Run"
        placeholder="Id of a run"
        description="It stands at the top of the run's page."
        value={run}
        error={bad ? 'An id has 32 digits and letters from a to f' : null}
        onChange={(event) => {
          setRun(event.currentTarget.value);
          later({ run: event.currentTarget.value.trim() || undefined });
        }}
      />
      <TextInput
        label="File or folder"
        placeholder="outputs"
        description="Below the run's artifacts; empty: all of them."
        value={path}
        onChange={(event) => {
          setPath(event.currentTarget.value);
          later({ path: event.currentTarget.value.trim() || undefined });
        }}
      />
    </Stack>
  );
}
