import { Switch, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconSearch } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { componentList, type Component } from '../queries';
import type { ListSearch } from '../search';
import { COMPONENT } from '../snippets';
import { useListEvents } from '../useEvents';

const COLUMNS: GridColumn<Component>[] = [
  { id: 'name', header: 'Component', width: 200, grow: true, value: (row) => row.name },
  { id: 'version', header: 'Newest', width: 100, value: (row) => row.version },
  { id: 'versions', header: 'Versions', width: 96, align: 'right', value: (row) => row.versions ?? 1 },
  { id: 'kind', header: 'Kind', width: 100, value: (row) => row.kind },
  {
    id: 'inputs',
    header: 'Inputs',
    width: 80,
    align: 'right',
    value: (row) => Object.keys(row.inputs ?? {}).length,
  },
  {
    id: 'outputs',
    header: 'Outputs',
    width: 90,
    align: 'right',
    value: (row) => Object.keys(row.outputs ?? {}).length,
  },
  { id: 'description', header: 'Description', width: 240, value: (row) => row.description || null },
  { id: 'by', header: 'By', width: 100, value: (row) => row.created_by },
  {
    id: 'created',
    header: 'Registered',
    width: 110,
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
  },
];

interface Props {
  search: ListSearch;
  change: (next: ListSearch) => void;
}

/** Components by name, each with its newest version. */
export function ComponentList({ search, change }: Props) {
  const [typed, setTyped] = useState(search.q ?? '');
  const [name] = useDebouncedValue(typed.trim(), 250);
  useListEvents('components');
  const list = usePages(componentList({ name: name || undefined, archived: search.archived }));
  return (
    <Answer query={list}>
      {(rows) =>
        rows.length === 0 && !name && !search.archived ? (
          <EmptyState title="No components yet" code={COMPONENT}>
            A component is a step with a name, versions and declared inputs and outputs, to be used in many
            pipelines. A version never changes.
          </EmptyState>
        ) : (
          <DataGrid
            label="Components"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.name}
            href={(row) => at(['pipelines', 'components', row.name])}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
            onEnd={list.more}
            hasMore={list.hasMore}
            faded={(row) => row.archived ?? false}
            summary={`${count(rows.length)}${list.hasMore ? ' or more' : ''} ${rows.length === 1 ? 'component' : 'components'}`}
            empty={
              <NoMatch
                onClear={() => {
                  setTyped('');
                  change({ q: undefined, archived: undefined });
                }}
              />
            }
            toolbar={
              <>
                <TextInput
                  aria-label="Find a component"
                  placeholder="Find a component"
                  leftSection={<IconSearch size={14} aria-hidden />}
                  value={typed}
                  onChange={(event) => {
                    setTyped(event.currentTarget.value);
                    change({ q: event.currentTarget.value || undefined });
                  }}
                />
                <Switch
                  label="Archived ones too"
                  checked={search.archived ?? false}
                  onChange={(event) => change({ archived: event.currentTarget.checked || undefined })}
                />
              </>
            }
          />
        )
      }
    </Answer>
  );
}
