import { Button, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { useFollow } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time, Until } from '@/kit/Time';
import { list } from '../queries';
import type { Dataset, VersionSummary } from '../types';
import { deletedVersions, restoreDataset, restoreVersion } from './queries';

type Binned = Pick<Dataset, 'name' | 'rows' | 'size' | 'version' | 'deleted_at' | 'remove_at' | 'kind'>;

function columnsOf<T extends Binned>(
  first: GridColumn<T>,
  restore: (row: T) => void,
  may: boolean,
): GridColumn<T>[] {
  return [
    first,
    {
      id: 'rows',
      header: 'Rows',
      align: 'right',
      width: 110,
      value: (row) => (row.kind === 'file' ? null : row.rows),
      cell: (row) => (row.kind === 'file' ? '–' : count(row.rows)),
    },
    {
      id: 'size',
      header: 'Size',
      align: 'right',
      width: 100,
      value: (row) => row.size,
      cell: (row) => bytes(row.size),
    },
    {
      id: 'deleted',
      header: 'Deleted',
      width: 130,
      value: (row) => row.deleted_at ?? null,
      cell: (row) => (row.deleted_at ? <Time at={row.deleted_at} /> : '–'),
    },
    {
      id: 'until',
      header: 'Removed for good',
      width: 160,
      value: (row) => row.remove_at ?? null,
      cell: (row) => (row.remove_at ? <Until at={row.remove_at} /> : '–'),
    },
    {
      id: 'do',
      header: 'Do',
      width: 110,
      sortable: false,
      value: () => null,
      cell: (row) => (
        <Reason why={may ? undefined : 'Your role in this workspace may not restore datasets'}>
          <Button variant="default" size="compact-sm" onClick={() => restore(row)}>
            Restore
          </Button>
        </Reason>
      ),
    },
  ];
}

/** Versions that were deleted, or went by the rules of their dataset. */
export function DeletedVersions({ name }: { name: string }) {
  const found = useQuery(deletedVersions(name));
  const may = useMay('datasets.write');
  const cache = useQueryClient();
  const restore = (row: VersionSummary) =>
    void restoreVersion(row.name, row.version)
      .then(() => cache.invalidateQueries({ queryKey: ['datasets'] }))
      .catch(toastProblem);
  const first: GridColumn<VersionSummary> = {
    id: 'version',
    header: 'Version',
    width: 90,
    align: 'right',
    value: (row) => row.version,
  };
  return (
    <Answer query={found} rows={2}>
      {(rows) =>
        rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            No version of it is in the bin.
          </Text>
        ) : (
          <DataGrid
            label="Deleted versions"
            rows={rows}
            columns={columnsOf(first, restore, may)}
            rowKey={(row) => String(row.version)}
          />
        )
      }
    </Answer>
  );
}

/** Deleted datasets; each comes back with the versions that went with it. */
export function DeletedDatasets({ search }: { search: string | undefined }) {
  const found = usePages(list(search, true));
  const may = useMay('datasets.write');
  const cache = useQueryClient();
  const follow = useFollow();
  const restore = (row: Dataset) =>
    void restoreDataset(row.name)
      .then(async () => {
        await cache.invalidateQueries({ queryKey: ['datasets'] });
        follow(at(['datasets', row.name]));
      })
      .catch(toastProblem);
  const first: GridColumn<Dataset> = {
    id: 'name',
    header: 'Name',
    width: 220,
    grow: true,
    value: (row) => row.name,
  };
  return (
    <Answer query={found}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState title="The bin is empty">
            Deleted datasets stay here for a while, and come back with their versions and files.
          </EmptyState>
        ) : (
          <DataGrid
            label="Deleted datasets"
            rows={rows}
            columns={columnsOf(first, restore, may)}
            rowKey={(row) => row.name}
            onEnd={found.more}
            hasMore={found.hasMore}
          />
        )
      }
    </Answer>
  );
}
