import { Breadcrumbs, Button, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconDownload, IconFile, IconFolder, IconSearch } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import type { DatasetVersion } from '../types';
import { FilePane } from './FilePane';
import { ImageGrid } from './ImageGrid';
import { mostlyImages, nameOf, wayTo } from './look';
import { archiveUrl, filesOf, type VersionFile } from './queries';
import { ShowAs } from './ShowAs';
import classes from '../datasets.module.css';

export interface FilesSearch {
  folder?: string | undefined;
  path?: string | undefined;
  find?: string | undefined;
  view?: 'auto' | 'list' | 'grid' | undefined;
}

interface Props {
  version: DatasetVersion;
  search: FilesSearch;
  onSearch: (change: FilesSearch) => void;
}

const COLUMNS: GridColumn<VersionFile>[] = [
  {
    id: 'name',
    header: 'Name',
    width: 120,
    grow: true,
    sortable: false,
    value: (row) => row.path,
    cell: (row) => {
      const Icon = row.folder ? IconFolder : IconFile;
      return (
        <>
          <Icon size={14} aria-hidden /> {nameOf(row.path)}
        </>
      );
    },
  },
  {
    id: 'files',
    header: 'Files',
    align: 'right',
    width: 64,
    sortable: false,
    value: (row) => (row.folder ? (row.files ?? 0) : null),
    cell: (row) => (row.folder ? count(row.files) : ''),
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 84,
    sortable: false,
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
  },
];

/** The files of a version, folder by folder, and the one that is open. */
export function FilesTab({ version, search, onSearch }: Props) {
  const folder = search.folder ?? '';
  const found = usePages(filesOf(version, folder, search.find));
  const [text, setText] = useState(search.find ?? '');
  const gallery = version.format === 'images'; // its pictures are another view, which this one leads back to
  const later = useDebouncedCallback((find: string) => onSearch({ find: find || undefined }), 250);
  const open = (row: VersionFile) =>
    onSearch(row.folder ? { folder: row.path.replace(/\/$/, ''), path: undefined } : { path: row.path });
  return (
    <Answer query={found}>
      {(rows) => {
        const grid = (search.view ?? (mostlyImages(rows) ? 'grid' : 'list')) === 'grid';
        const tools = (
          <>
            <TextInput
              aria-label="Find a file"
              placeholder="Find a file"
              size="xs"
              w={180}
              leftSection={<IconSearch size={14} aria-hidden />}
              value={text}
              onChange={(event) => {
                setText(event.currentTarget.value);
                later(event.currentTarget.value.trim());
              }}
            />
            {gallery || mostlyImages(rows) ? (
              <ShowAs
                value={grid ? 'grid' : 'list'}
                onChange={(view) => onSearch({ view: gallery && view === 'grid' ? undefined : view })}
              />
            ) : null}
            <Button
              component="a"
              variant="default"
              size="compact-sm"
              href={archiveUrl(version)}
              download
              leftSection={<IconDownload size={14} aria-hidden />}
            >
              All as zip
            </Button>
          </>
        );
        return (
          <div className={classes.stack}>
            <Way
              folder={folder}
              searching={Boolean(search.find)}
              onFolder={(next) => onSearch({ folder: next, path: undefined })}
            />
            <div className={classes.split}>
              {grid ? (
                <ImageGrid
                  version={version}
                  files={rows}
                  open={search.path}
                  onOpen={open}
                  onMore={found.hasMore ? found.more : undefined}
                  tools={tools}
                />
              ) : (
                <DataGrid
                  label="Files"
                  rows={rows}
                  columns={COLUMNS}
                  rowKey={(row) => row.path}
                  onOpen={open}
                  onEnd={found.more}
                  hasMore={found.hasMore}
                  dense
                  maxHeight="calc(100dvh - 320px)"
                  summary={`${count(version.file_count)} ${version.file_count === 1 ? 'file' : 'files'}, ${bytes(version.size)}`}
                  toolbar={tools}
                  empty={
                    <NoMatch
                      onClear={() => {
                        setText('');
                        onSearch({ find: undefined });
                      }}
                    />
                  }
                />
              )}
              {search.path ? (
                <FilePane key={search.path} version={version} path={search.path} />
              ) : (
                <Text size="sm" c="dimmed">
                  Choose a file to look at it.
                </Text>
              )}
            </div>
          </div>
        );
      }}
    </Answer>
  );
}

function Way(props: { folder: string; searching: boolean; onFolder: (folder: string | undefined) => void }) {
  const { folder, searching, onFolder } = props;
  if (searching || !folder) return null;
  return (
    <Breadcrumbs aria-label="Folder" separator="/">
      <Button variant="subtle" size="compact-sm" onClick={() => onFolder(undefined)}>
        All files
      </Button>
      {wayTo(folder).map((step) => (
        <Button key={step} variant="subtle" size="compact-sm" onClick={() => onFolder(step)}>
          {nameOf(step)}
        </Button>
      ))}
    </Breadcrumbs>
  );
}
