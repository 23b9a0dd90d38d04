import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconRefresh, IconTable } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import type { Datastore } from '../queries';
import { QueryPane } from './QueryPane';
import { schemas, tables, type DatabaseTable } from './queries';
import { TablePane } from './TablePane';
import classes from '../datastores.module.css';

const COLUMNS: GridColumn<DatabaseTable>[] = [
  {
    id: 'name',
    header: 'Table',
    value: (row) => row.name,
    cell: (row) => (
      <span className={classes.file} title={row.name}>
        <IconTable size={14} aria-hidden /> {row.name}
      </span>
    ),
    width: 180,
    grow: true,
  },
  {
    id: 'rows',
    header: 'Rows',
    value: (row) => row.rows ?? null,
    cell: (row) => (row.kind === 'view' ? 'view' : row.rows == null ? '' : `about ${count(row.rows)}`),
    align: 'right',
    width: 110,
  },
];

interface Props {
  store: Datastore;
  search: { schema?: string; table?: string; query?: string };
}

/** What is in a database: schemas, tables, columns and first rows, each asked for when it is looked at. */
export function TablesTab({ store, search }: Props) {
  const navigate = useNavigate({ from: '/w/$ws/datastores/$name' });
  const cache = useQueryClient();
  const mayAsk = useMay('datastores.write');
  const known = useQuery(schemas(store.name));
  const names = known.data ?? [];
  const schema = search.schema ?? (names.includes('public') ? 'public' : names[0]) ?? '';
  const set = (change: Partial<Props['search']>) =>
    void navigate({ search: (old) => ({ ...old, ...change }) });
  const refresh = () => {
    for (const key of ['datastore-schemas', 'datastore-tables', 'datastore-columns', 'datastore-rows'])
      void cache.invalidateQueries({ queryKey: [key, store.name] });
  };
  const write = mayAsk ? (query: string) => set({ query }) : undefined;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Select
          aria-label="Schema"
          data={names}
          value={schema || null}
          allowDeselect={false}
          searchable={names.length > 8}
          disabled={names.length === 0}
          w={240}
          onChange={(next) => set({ schema: next ?? undefined, table: undefined })}
        />
        <Group gap="xs">
          <Button variant="default" leftSection={<IconRefresh size={14} aria-hidden />} onClick={refresh}>
            Refresh
          </Button>
          {write && search.query === undefined && search.table === undefined ? (
            <Button variant="default" onClick={() => write('SELECT 1')}>
              Write a query
            </Button>
          ) : null}
        </Group>
      </Group>
      <Answer query={known}>
        {() => (
          <Tables
            key={schema}
            store={store}
            schema={schema}
            table={search.table}
            query={search.query}
            onTable={(table) => set({ table, query: undefined })}
            onQuery={(query) => set({ query })}
            onWrite={write}
          />
        )}
      </Answer>
    </Stack>
  );
}

interface TablesProps {
  store: Datastore;
  schema: string;
  table: string | undefined;
  query: string | undefined;
  onTable: (table: string) => void;
  onQuery: (query: string | undefined) => void;
  onWrite: ((query: string) => void) | undefined;
}

function Tables({ store, schema, table, query, onTable, onQuery, onWrite }: TablesProps) {
  const found = usePages(tables(store.name, schema));
  const [word, setWord] = useState('');
  return (
    <Answer query={found}>
      {(all) => {
        if (all.length === 0)
          return (
            <EmptyState title="There are no tables here" code={`studiolo datastores tables ${store.name}`}>
              This schema has no table or view that the account may see. Choose another schema, or grant the
              account the right to look.
            </EmptyState>
          );
        const shown = all.filter((one) => one.name.toLowerCase().includes(word.trim().toLowerCase()));
        return (
          <div className={classes.database}>
            <DataGrid
              label={`Tables of ${schema}`}
              listKey={schema}
              rows={shown}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              onOpen={(row) => onTable(row.name)}
              highlight={(row) => row.name === table}
              onEnd={found.more}
              hasMore={found.hasMore}
              dense
              maxHeight="calc(100dvh - 340px)"
              toolbar={
                <TextInput
                  size="xs"
                  aria-label="Find a table"
                  placeholder="Find a table"
                  value={word}
                  onChange={(event) => setWord(event.currentTarget.value)}
                />
              }
              summary={`${shown.length.toLocaleString('en-US')}${found.hasMore ? ' and more' : ''}`}
              empty="No table has this in its name."
            />
            {query !== undefined ? (
              <QueryPane key={table} name={store.name} query={query} tables={all} onQuery={onQuery} />
            ) : table ? (
              <TablePane key={table} name={store.name} schema={schema} table={table} onQuery={onWrite} />
            ) : (
              <Text size="sm" c="dimmed">
                Choose a table to see its columns and first rows.
              </Text>
            )}
          </div>
        );
      }}
    </Answer>
  );
}
