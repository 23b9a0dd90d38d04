import { Breadcrumbs, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { pages, usePages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconFile, IconFolder } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { nameOf, wayTo } from '../files/look';
import type { Choice } from './search';
import { stores, type Change } from './SourceStep';

type FileEntry = components['schemas']['FileEntry'];

const folderOf = (name: string, folder: string) =>
  pages(['datastore-files', name, folder], (cursor, signal) =>
    data(
      api().GET('/datastores/{name}/files', {
        params: { path: { name }, query: { folder, limit: 500, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

const COLUMNS: GridColumn<FileEntry>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 240,
    grow: true,
    sortable: false,
    value: (row) => row.name,
    cell: (row) => {
      const Icon = row.folder ? IconFolder : IconFile;
      return (
        <>
          <Icon size={14} aria-hidden /> {row.name}
        </>
      );
    },
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 100,
    sortable: false,
    value: (row) => row.size ?? null,
    cell: (row) => (row.folder ? '' : bytes(row.size)),
  },
];

/** A datastore, and what of it: found by looking through its folders, or named by a pattern. */
export function StoreSource({ choice, onChange }: { choice: Choice; onChange: Change }) {
  const found = useQuery(stores);
  const usable = (found.data ?? []).filter((one) => one.family === 'files');
  const [folder, setFolder] = useState(() => (choice.path ?? '').split('/').slice(0, -1).join('/'));
  const [text, setText] = useState(choice.glob ?? choice.path ?? '');
  const write = useDebouncedCallback((value: string) => {
    const pattern = /[*?{[]/.test(value);
    onChange({ glob: pattern ? value : undefined, path: pattern ? undefined : value || undefined });
  }, 400);
  const choose = (path: string) => {
    setText(path);
    onChange({ path: path || undefined, glob: undefined });
  };
  return (
    <Stack gap="md">
      <Group align="start">
        <Select
          label="Datastore"
          placeholder="Choose one"
          searchable
          w={280}
          data={usable.map((one) => ({
            value: one.name,
            label: `${one.name}${one.kind_title ? ` (${one.kind_title})` : ''}`,
          }))}
          value={choice.datastore ?? null}
          onChange={(datastore) => {
            setFolder('');
            setText('');
            onChange({ datastore: datastore ?? undefined, path: undefined, glob: undefined });
          }}
        />
        <TextInput
          label="File, folder or pattern"
          placeholder="sales/**/*.csv"
          description="** stands for any folders, * and ? for parts of a name"
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          w={360}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            write(event.currentTarget.value.trim());
          }}
        />
      </Group>
      {choice.datastore ? (
        <Browser
          key={choice.datastore}
          name={choice.datastore}
          folder={folder}
          chosen={choice.path}
          onFolder={setFolder}
          onChoose={choose}
        />
      ) : null}
    </Stack>
  );
}

interface BrowserProps {
  name: string;
  folder: string;
  chosen: string | undefined;
  onFolder: (folder: string) => void;
  onChoose: (path: string) => void;
}

function Browser({ name, folder, chosen, onFolder, onChoose }: BrowserProps) {
  const found = usePages(folderOf(name, folder));
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Breadcrumbs aria-label="Folder" separator="/">
          <Button variant="subtle" size="compact-sm" onClick={() => onFolder('')}>
            {name}
          </Button>
          {wayTo(folder).map((step) => (
            <Button key={step} variant="subtle" size="compact-sm" onClick={() => onFolder(step)}>
              {nameOf(step)}
            </Button>
          ))}
        </Breadcrumbs>
        {folder ? (
          <Button
            variant="default"
            size="compact-sm"
            disabled={chosen === folder}
            onClick={() => onChoose(folder)}
          >
            Take this folder
          </Button>
        ) : null}
      </Group>
      <Answer query={found} rows={4} inline>
        {(rows) => (
          <DataGrid
            label={`Files of ${name}`}
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.path}
            onOpen={(row) => (row.folder ? onFolder(row.path.replace(/\/$/, '')) : onChoose(row.path))}
            selected={chosen ? [chosen] : []}
            onEnd={found.more}
            hasMore={found.hasMore}
            dense
            maxHeight="360px"
            empty="This folder is empty."
          />
        )}
      </Answer>
      {chosen ? (
        <Text size="sm" mt="xs" role="status">
          Chosen: {chosen}
        </Text>
      ) : null}
    </div>
  );
}
