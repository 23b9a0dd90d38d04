import { count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import type { ListSearch } from '../search';
import { draftList, type Draft } from './queries';

const COLUMNS: GridColumn<Draft>[] = [
  { id: 'name', header: 'Draft', width: 220, grow: true, value: (row) => row.name },
  { id: 'steps', header: 'Steps', width: 90, align: 'right', value: (row) => row.steps ?? null },
  { id: 'description', header: 'Description', width: 260, value: (row) => row.description || null },
  { id: 'submitted', header: 'Submitted', width: 110, value: (row) => (row.run_id ? 'yes' : 'not yet') },
  { id: 'by', header: 'Changed by', width: 130, value: (row) => row.updated_by },
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

/** Pipelines that are written and not submitted yet. */
export function DraftList({ search, change }: Props) {
  const list = usePages(draftList());
  return (
    <Answer query={list}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState
            title="There is no draft yet"
            code={{
              'Command line': 'studiolo pipelines drafts save nightly pipeline.yml',
              Python: 'studio.pipelines.drafts.save("nightly", "pipeline.yml")',
            }}
          >
            A draft keeps a pipeline with its folder while you write it, also when it cannot run yet. Choose
            “Save draft” where you submit a pipeline, or edit one that ran.
          </EmptyState>
        ) : (
          <DataGrid
            label="Drafts of pipelines"
            rows={rows}
            columns={COLUMNS}
            rowKey={(row) => row.name}
            href={(row) => at(['pipelines', 'submit'], { draft: row.name })}
            sort={search.sort}
            onSort={(sort) => change({ sort })}
            onEnd={list.more}
            summary={`${count(rows.length)}${list.hasMore ? ' or more' : ''} ${rows.length === 1 ? 'draft' : 'drafts'}`}
          />
        )
      }
    </Answer>
  );
}
