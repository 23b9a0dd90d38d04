import { Select, Switch, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { bytes, count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus, IconSearch } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { MayLink } from '@/kit/MayLink';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { list } from './queries';
import type { Dataset } from './types';
import { UseSample } from './UseSample';
import { DeletedDatasets } from './versions/Bin';
import { tagsOf } from './versions/words';

const KINDS = { tabular: 'Table', file: 'Files' } as const;

const CODE = {
  Python: 'from studiolo import Studio\n\nstudio = Studio()\nstudio.datasets.create("titanic.csv")',
  'Command line': 'studiolo datasets create titanic.csv',
};

const COLUMNS: GridColumn<Dataset>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, width: 180, grow: true },
  { id: 'kind', header: 'Kind', value: (row) => KINDS[row.kind ?? 'tabular'], width: 80 },
  { id: 'version', header: 'Version', value: (row) => row.version, align: 'right', width: 90 },
  {
    id: 'rows',
    header: 'Rows',
    value: (row) => (row.kind === 'file' ? null : row.rows),
    cell: (row) => (row.kind === 'file' ? '–' : count(row.rows)),
    align: 'right',
    width: 120,
  },
  {
    id: 'columns',
    header: 'Columns',
    value: (row) => (row.kind === 'file' ? null : row.columns),
    cell: (row) => (row.kind === 'file' ? '–' : count(row.columns)),
    align: 'right',
    width: 100,
  },
  {
    id: 'size',
    header: 'Size',
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
    align: 'right',
    width: 100,
  },
  {
    id: 'files',
    header: 'Files',
    value: (row) => row.file_count ?? 1,
    cell: (row) => count(row.file_count ?? 1),
    align: 'right',
    width: 80,
  },
  { id: 'tags', header: 'Tags', value: (row) => tagsOf(row.tags), width: 130, sortable: false },
  {
    id: 'format',
    header: 'Format',
    value: (row) => row.format.replaceAll('_', ' '),
    width: 110,
    optional: true,
  },
  {
    id: 'description',
    header: 'Description',
    value: (row) => row.description || null,
    width: 260,
    optional: true,
  },
  {
    id: 'updated',
    header: 'Changed',
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
    width: 120,
  },
  { id: 'author', header: 'By', value: (row) => row.created_by, width: 110, optional: true },
];

export function DatasetList() {
  const search = useSearch({ from: '/w/$ws/datasets' });
  const navigate = useNavigate({ from: '/w/$ws/datasets' });
  const follow = useFollow();
  const may = useMay('datasets.write');
  const found = usePages(list(search.q));
  const actions = useMemo(
    () =>
      may
        ? [
            {
              id: 'new-dataset',
              label: 'Create dataset',
              key: 'c',
              run: () => follow(at(['datasets', '-', 'new'])),
            },
          ]
        : [],
    [follow, may],
  );
  usePageActions(actions);
  const create = (
    <MayLink
      permission="datasets.write"
      to="create datasets"
      href={at(['datasets', '-', 'new'])}
      leftSection={<IconPlus size={16} aria-hidden />}
    >
      Create dataset
    </MayLink>
  );
  const clear = () => void navigate({ search: {}, replace: true });
  return (
    <Page
      title="Datasets"
      header={
        <PageHeader
          title={search.bin ? 'Deleted datasets' : 'Datasets'}
          actions={
            <>
              <Switch
                label="Bin"
                checked={search.bin ?? false}
                onChange={(event) =>
                  void navigate({ search: { bin: event.currentTarget.checked || undefined } })
                }
              />
              {create}
            </>
          }
        />
      }
    >
      {search.bin ? (
        <DeletedDatasets search={search.q} />
      ) : (
        <Answer query={found}>
          {(all) => {
            const rows = all.filter(
              (row) =>
                (!search.kind || (row.kind ?? 'tabular') === search.kind) &&
                (!search.tag || search.tag in (row.tags ?? {})),
            );
            return all.length === 0 && !search.q ? (
              <EmptyState
                title="No datasets yet"
                code={CODE}
                action={
                  <>
                    {create}
                    <UseSample />
                  </>
                }
              >
                A dataset is a table that the studio keeps, version by version: its bytes never change, so
                every run and model can say exactly what it was made from.
              </EmptyState>
            ) : (
              <DataGrid
                label="Datasets"
                rows={rows}
                columns={COLUMNS}
                rowKey={(row) => row.name}
                href={(row) => at(['datasets', row.name])}
                sort={search.sort}
                onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
                onEnd={found.more}
                hasMore={found.hasMore}
                empty={<NoMatch onClear={clear} />}
                toolbar={
                  <>
                    <TextInput
                      aria-label="Filter by name"
                      placeholder="Filter by name"
                      w={240}
                      leftSection={<IconSearch size={14} aria-hidden />}
                      value={search.q ?? ''}
                      onChange={(event) => {
                        const q = event.currentTarget.value || undefined;
                        void navigate({ search: (old) => ({ ...old, q }), replace: true });
                      }}
                    />
                    <Select
                      aria-label="Kind"
                      placeholder="Any kind"
                      w={120}
                      clearable
                      clearButtonProps={{ 'aria-label': 'Any kind' }}
                      data={[
                        { value: 'tabular', label: 'Tables' },
                        { value: 'file', label: 'Files' },
                      ]}
                      value={search.kind ?? null}
                      onChange={(value) => {
                        const kind = value === 'tabular' || value === 'file' ? value : undefined;
                        void navigate({ search: (old) => ({ ...old, kind }), replace: true });
                      }}
                    />
                    <Select
                      aria-label="Tag"
                      placeholder="Any tag"
                      w={140}
                      clearable
                      searchable
                      clearButtonProps={{ 'aria-label': 'Any tag' }}
                      data={[...new Set(all.flatMap((row) => Object.keys(row.tags ?? {})))].sort()}
                      value={search.tag ?? null}
                      onChange={(tag) =>
                        void navigate({ search: (old) => ({ ...old, tag: tag ?? undefined }), replace: true })
                      }
                    />
                  </>
                }
              />
            );
          }}
        </Answer>
      )}
    </Page>
  );
}
