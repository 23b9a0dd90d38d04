import { Badge, Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { bytes } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus, IconSearch } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { CheckBadge } from './CheckBadge';
import { datastores, type Datastore } from './queries';
import classes from './datastores.module.css';

const COLUMNS: GridColumn<Datastore>[] = [
  {
    id: 'name',
    header: 'Name',
    value: (row) => row.name,
    cell: (row) => (
      <span className={classes.name}>
        {row.name}
        {row.default ? <Badge size="sm">Default</Badge> : null}
        {row.read_only ? (
          <Badge size="sm" color="gray">
            Read-only
          </Badge>
        ) : null}
      </span>
    ),
    width: 230,
  },
  { id: 'kind', header: 'Kind', value: (row) => row.kind_title ?? row.kind, width: 190 },
  {
    id: 'state',
    header: 'Connection',
    value: (row) => (row.built_in ? 'works' : row.check ? String(row.check.ok) : ''),
    cell: (row) => (row.built_in ? 'Built in' : <CheckBadge check={row.check} />),
    width: 150,
  },
  { id: 'location', header: 'Location', value: (row) => row.location ?? null, width: 220, grow: true },
  {
    id: 'free',
    header: 'Free',
    value: (row) => row.free_bytes ?? null,
    cell: (row) => (row.free_bytes == null ? '–' : bytes(row.free_bytes)),
    align: 'right',
    width: 100,
  },
  {
    id: 'updated',
    header: 'Changed',
    value: (row) => row.updated_at ?? null,
    cell: (row) => <Time at={row.updated_at} />,
    width: 120,
  },
  {
    id: 'description',
    header: 'Description',
    value: (row) => row.description || null,
    width: 240,
    optional: true,
  },
  { id: 'author', header: 'By', value: (row) => row.created_by || null, width: 110, optional: true },
];

/** Where bytes live: what comes with the workspace, and what was registered. */
export function DatastoreList() {
  const search = useSearch({ from: '/w/$ws/datastores' });
  const navigate = useNavigate({ from: '/w/$ws/datastores' });
  const follow = useFollow();
  const may = useMay('datastores.write');
  const query = useQuery(datastores);
  const actions = useMemo(
    () =>
      may
        ? [
            {
              id: 'new-datastore',
              label: 'Add datastore',
              key: 'c',
              run: () => follow(at(['datastores', 'new'])),
            },
          ]
        : [],
    [follow, may],
  );
  usePageActions(actions);
  const create = may ? (
    <Button
      component="a"
      href={at(['datastores', 'new'])}
      onClick={(event) => follow(at(['datastores', 'new']), event)}
      leftSection={<IconPlus size={16} />}
    >
      Add datastore
    </Button>
  ) : null;
  return (
    <Page
      title="Datastores"
      header={
        <PageHeader
          title="Datastores"
          lead="Folders, buckets, shares and databases that datasets are made from and results are written to."
          actions={create}
        />
      }
    >
      <Answer query={query}>
        {(rows) => {
          const word = (search.q ?? '').toLowerCase();
          const shown = rows.filter((row) =>
            [row.name, row.kind_title, row.location, row.description].some((text) =>
              (text ?? '').toLowerCase().includes(word),
            ),
          );
          return (
            <DataGrid
              label="Datastores"
              rows={shown}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={(row) => at(['datastores', row.name])}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
              empty={
                <NoMatch hidden={rows.length} onClear={() => void navigate({ search: {}, replace: true })} />
              }
              toolbar={
                <TextInput
                  aria-label="Filter datastores"
                  placeholder="Filter datastores"
                  w={240}
                  leftSection={<IconSearch size={14} aria-hidden />}
                  value={search.q ?? ''}
                  onChange={(event) => {
                    const q = event.currentTarget.value || undefined;
                    void navigate({ search: (old) => ({ ...old, q }), replace: true });
                  }}
                />
              }
            />
          );
        }}
      </Answer>
    </Page>
  );
}
