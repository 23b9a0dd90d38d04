import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import type { ListSearch } from '../search';
import { publishedList, type Published } from './queries';

const COLUMNS: GridColumn<Published>[] = [
  { id: 'name', header: 'Published pipeline', width: 200, grow: true, value: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: 120,
    value: (row) => (row.enabled ? 'enabled' : 'disabled'),
    cell: (row) =>
      row.enabled ? (
        <StatusBadge state="enabled" tone="completed" />
      ) : (
        <StatusBadge state="disabled" tone="canceled" />
      ),
  },
  { id: 'default', header: 'Default', width: 90, align: 'right', value: (row) => row.default_version },
  { id: 'newest', header: 'Newest', width: 90, align: 'right', value: (row) => row.newest },
  { id: 'description', header: 'Description', width: 260, value: (row) => row.description || null },
  { id: 'by', header: 'By', width: 110, value: (row) => row.created_by },
  {
    id: 'changed',
    header: 'Changed',
    width: 110,
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
  },
];

interface Props {
  search: ListSearch;
  change: (next: ListSearch) => void;
}

/** Pipelines that others start over HTTP. */
export function PublishedList({ search, change }: Props) {
  const list = usePages(publishedList());
  return (
    <Answer query={list}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState
            title="No pipeline is published yet"
            code={{
              'Command line': 'studiolo pipelines published create score pipeline.yml',
              Python: 'studio.pipelines.published.publish("score", "pipeline.yml")',
            }}
          >
            A published pipeline has a name, versions that never change and an address: who has its key starts
            it over HTTP, and needs no account. Open a run and choose “Publish” below “Run again”.
          </EmptyState>
        ) : (
          <DataGrid
            label="Published pipelines"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.name}
            href={(row) => at(['pipelines', 'published', row.name])}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
            onEnd={list.more}
            summary={`${count(rows.length)}${list.hasMore ? ' or more' : ''} published`}
          />
        )
      }
    </Answer>
  );
}
