import { Button, Group, Select, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { bytes } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { ErrorState } from '@/kit/ErrorState';
import { FileDrop } from '@/kit/FileDrop';
import { Page, PageHeader, Section } from '@/kit/Page';
import { useFollow } from '@/kit/Link';
import { ProgressBar } from '@/kit/ProgressBar';
import { nameFromFile, nameProblem } from './naming';
import { UseSample } from './UseSample';
import { useUpload } from './useUpload';

const FIELDS = new Set(['name', 'description', 'format', 'delimiter', 'encoding', 'header']);

/** Create a dataset from a file: one decision (which file), the rest filled in and open to change. */
export function DatasetCreate() {
  const search = useSearch({ from: '/w/$ws/datasets/new' });
  const follow = useFollow();
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const [file, setFile] = useState<File | null>(null);
  const [name, setName] = useState(search.name ?? '');
  const [touched, setTouched] = useState(Boolean(search.name));
  const upload = useUpload((made) => {
    void cache.invalidateQueries({ queryKey: ['datasets'] });
    follow(
      at(['datasets', made.dataset.name], { version: made.existing ? made.dataset.version : undefined }),
    );
  });
  const problem = upload.problem;
  const fields = problem?.fields ?? {};
  const elsewhere = problem && !Object.keys(fields).some((field) => FIELDS.has(field));

  const choose = (chosen: File) => {
    setFile(chosen);
    upload.reset();
    if (!touched) setName(nameFromFile(chosen.name));
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!file) return;
    const form = new FormData(event.currentTarget);
    const text = (key: string) => String(form.get(key) ?? '').trim() || undefined;
    upload.start(file, {
      name,
      filename: file.name,
      description: text('description'),
      format: text('format'),
      delimiter: text('delimiter') === 'tab' ? '\t' : text('delimiter'),
      encoding: text('encoding'),
      header: text('header'),
    });
  };

  return (
    <Page
      title="Create dataset"
      width="form"
      header={
        <PageHeader
          title={search.name ? `New version of ${search.name}` : 'Create dataset'}
          lead="The bytes are kept as they are; type, delimiter and encoding are found out and shown afterwards."
          actions={<UseSample />}
        />
      }
    >
      <form onSubmit={submit}>
        <Stack gap="lg">
          <Denied permission="datasets.write" to="create datasets" />
          <FileDrop
            label="File of the dataset"
            accepts="CSV, TSV, Parquet or JSON lines; text files may be compressed"
            file={file}
            onFile={choose}
            disabled={upload.busy}
          />
          <TextInput
            label="Name"
            description="The same name again makes the next version."
            value={name}
            onChange={(event) => {
              setTouched(true);
              setName(event.currentTarget.value);
            }}
            error={nameProblem(name) ?? fields.name}
            required
          />
          <Textarea label="Description" name="description" autosize minRows={2} error={fields.description} />
          <details>
            <summary>How to read it</summary>
            <SimpleGrid cols={{ base: 1, sm: 2 }} mt="sm">
              <Select
                name="format"
                label="Format"
                placeholder="Find out"
                clearable
                error={fields.format}
                data={[
                  { value: 'delimited', label: 'Delimited text (CSV, TSV)' },
                  { value: 'parquet', label: 'Parquet' },
                  { value: 'json_lines', label: 'JSON lines' },
                ]}
              />
              <Select
                name="delimiter"
                label="Delimiter"
                placeholder="Find out"
                clearable
                error={fields.delimiter}
                data={[
                  { value: ',', label: 'Comma' },
                  { value: ';', label: 'Semicolon' },
                  { value: 'tab', label: 'Tab' },
                  { value: '|', label: 'Bar' },
                ]}
              />
              <TextInput
                name="encoding"
                label="Encoding"
                placeholder="Find out, such as utf-8 or cp1252"
                error={fields.encoding}
              />
              <Select
                name="header"
                label="First row"
                placeholder="Find out"
                clearable
                error={fields.header}
                data={[
                  { value: 'true', label: 'Holds the column names' },
                  { value: 'false', label: 'Is data already' },
                ]}
              />
            </SimpleGrid>
          </details>
          {problem && elsewhere ? <ErrorState error={problem} inline /> : null}
          {upload.busy && upload.sent ? (
            <ProgressBar
              name="Upload"
              done={upload.sent.sent}
              total={upload.sent.sent < upload.sent.total ? upload.sent.total : null}
              unit={bytes}
              label={
                upload.sent.sent < upload.sent.total ? `Uploading${upload.rate}` : 'Looking into the file'
              }
              startedAt={upload.startedAt}
            />
          ) : null}
          <Group>
            <Button
              type="submit"
              disabled={!may || !file || nameProblem(name) !== null || name === ''}
              loading={upload.busy}
            >
              Create dataset
            </Button>
            {upload.busy ? (
              <Button variant="default" onClick={upload.cancel}>
                Cancel
              </Button>
            ) : null}
          </Group>
        </Stack>
      </form>
      <Section title="The same in code">
        <CodeSnippet
          code={{
            Python: `from studiolo import Studio\n\nstudio = Studio()\nstudio.datasets.create("${file?.name ?? 'titanic.csv'}"${name ? `, name="${name}"` : ''})`,
            'Command line': `studiolo datasets create ${file?.name ?? 'titanic.csv'}${name ? ` --name ${name}` : ''}`,
          }}
        />
      </Section>
    </Page>
  );
}
