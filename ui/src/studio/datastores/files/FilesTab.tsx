import { Button, Group } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useRef, useState } from 'react';
import { bytes } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconFile, IconFolder, IconRefresh, IconUpload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { folder, type Datastore, type FileEntry } from '../queries';
import { Crumbs } from './Crumbs';
import { below, droppedFiles } from '@/kit/folder/dropped';
import { FileDrawer } from './FileDrawer';
import { Uploads } from './Uploads';
import { useUploads } from './useUploads';
import classes from '../datastores.module.css';

const COLUMNS: GridColumn<FileEntry>[] = [
  {
    id: 'name',
    header: 'Name',
    value: (row) => row.name,
    cell: (row) => (
      <span className={classes.file} title={row.name}>
        {row.folder ? <IconFolder size={16} aria-label="Folder" /> : <IconFile size={16} aria-hidden />}
        {shown(row.name)}
      </span>
    ),
    width: 360,
    grow: true,
  },
  {
    id: 'size',
    header: 'Size',
    value: (row) => row.size ?? null,
    cell: (row) => (row.size == null ? '' : bytes(row.size)),
    align: 'right',
    width: 110,
  },
  {
    id: 'modified',
    header: 'Changed',
    value: (row) => row.modified ?? null,
    cell: (row) => (row.modified ? <Time at={row.modified} /> : ''),
    width: 140,
  },
];

/** A name on one line: what cannot be seen is drawn as a symbol. */
function shown(name: string): string {
  return name.replaceAll('\n', '␊').replaceAll('\r', '␍').replaceAll('\t', '␉');
}

interface Props {
  store: Datastore;
  search: { folder?: string; file?: string; sort?: string };
}

/** The files of a datastore: folder by folder, as the store itself lists them. */
export function FilesTab({ store, search }: Props) {
  const here = search.folder ?? '';
  const navigate = useNavigate({ from: '/w/$ws/datastores/$name' });
  const cache = useQueryClient();
  const may = useMay('datastores.write') && !store.read_only;
  const found = usePages(folder(store.name, here));
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const key = folder(store.name, here).queryKey;
  const refresh = useCallback(() => void cache.invalidateQueries({ queryKey: key }), [cache, key]);
  const uploads = useUploads(store.name, refresh);
  const open = (row: FileEntry) =>
    void navigate({
      search: (old) =>
        row.folder ? { ...old, folder: row.path, file: undefined } : { ...old, file: row.path },
    });
  return (
    <div
      className={classes.drop}
      data-over={(over && may) || undefined}
      onDragOver={(event) => {
        if (!may) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (may) void droppedFiles(event.dataTransfer, here).then(uploads.add);
      }}
    >
      <Uploads uploads={uploads} />
      <Group justify="space-between" mb="sm">
        <Crumbs name={store.name} folder={here} />
        <Group gap="xs">
          <Button variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={refresh}>
            Refresh
          </Button>
          {may ? (
            <Button leftSection={<IconUpload size={14} aria-hidden />} onClick={() => input.current?.click()}>
              Upload files
            </Button>
          ) : null}
        </Group>
      </Group>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          uploads.add(files.map((file) => ({ file, path: below(here, file.name) })));
          event.currentTarget.value = '';
        }}
      />
      <Answer query={found}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              title="This folder is empty"
              code={`studiolo datastores upload data.csv ${store.name}:${below(here, 'data.csv')}`}
            >
              {may
                ? 'Drop files or folders here, or choose them with the button.'
                : 'There is nothing in it.'}
            </EmptyState>
          ) : (
            <DataGrid
              label={`Files of ${store.name}/${here}`}
              listKey={here}
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => `${row.folder ? 'd' : 'f'}${row.path}`}
              onOpen={open}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
              onEnd={found.more}
              hasMore={found.hasMore}
              summary={`${rows.length.toLocaleString('en-US')} ${found.hasMore ? 'and more' : rows.length === 1 ? 'entry' : 'entries'}`}
            />
          )
        }
      </Answer>
      <FileDrawer
        store={store}
        path={search.file}
        mayDelete={may}
        onClose={() => void navigate({ search: (old) => ({ ...old, file: undefined }) })}
        onDeleted={refresh}
      />
    </div>
  );
}
