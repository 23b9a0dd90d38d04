import { Button, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { AskDialog } from '@/kit/AskDialog';
import { toastProblem } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { useFollow } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time, Until } from '@/kit/Time';
import { deletedModels, deletedVersions, restoreModel, restoreVersion } from './bin';
import type { Model, ModelVersion } from './queries';

const WHY = 'Your role in this workspace may not restore models';

/** Dates that both kinds of things in the bin have. */
function dates<T extends Pick<Model, 'deleted_at' | 'deleted_by' | 'remove_at'>>(): GridColumn<T>[] {
  return [
    {
      id: 'deleted',
      header: 'Deleted',
      width: 130,
      value: (row) => row.deleted_at ?? null,
      cell: (row) => (row.deleted_at ? <Time at={row.deleted_at} /> : '–'),
    },
    { id: 'by', header: 'By', width: 110, value: (row) => row.deleted_by || null },
    {
      id: 'until',
      header: 'Removed for good',
      width: 150,
      value: (row) => row.remove_at ?? null,
      cell: (row) => (row.remove_at ? <Until at={row.remove_at} /> : '–'),
    },
  ];
}

/** Deleted models; each comes back with the versions it had. */
export function DeletedModels({ search }: { search: string | undefined }) {
  const found = usePages(deletedModels(search));
  const may = useMay('models.write');
  const cache = useQueryClient();
  const follow = useFollow();
  const [renaming, setRenaming] = useState<Model | null>(null);
  const restore = async (it: Model, name?: string) => {
    const made = await restoreModel(it, name);
    await cache.invalidateQueries({ queryKey: ['models'] });
    follow(at(['models', made.name]));
  };
  const start = (it: Model) =>
    void restore(it).catch((error: unknown) => {
      if (Problem.from(error).code === 'models.exists') setRenaming(it);
      else toastProblem(error);
    });
  const columns: GridColumn<Model>[] = [
    { id: 'name', header: 'Name', width: 220, grow: true, value: (row) => row.name },
    { id: 'versions', header: 'Versions', align: 'right', width: 90, value: (row) => row.versions },
    ...dates<Model>(),
    {
      id: 'do',
      header: 'Do',
      width: 110,
      sortable: false,
      value: () => null,
      cell: (row) => (
        <Reason why={may ? undefined : WHY}>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Restore ${row.name}`}
            onClick={() => start(row)}
          >
            Restore
          </Button>
        </Reason>
      ),
    },
  ];
  return (
    <Answer query={found}>
      {(rows) =>
        rows.length === 0 ? (
          <EmptyState title="The bin is empty">
            Deleted models stay here for a while, and come back with their versions, aliases and files.
          </EmptyState>
        ) : (
          <>
            <DataGrid
              label="Deleted models"
              rows={rows}
              columns={columns}
              rowKey={(row) => row.bin_id ?? row.name}
              onEnd={found.more}
              hasMore={found.hasMore}
            />
            {renaming ? (
              <NewName
                was={renaming.name}
                onClose={() => setRenaming(null)}
                onName={(name) => restore(renaming, name)}
              />
            ) : null}
          </>
        )
      }
    </Answer>
  );
}

function NewName(props: { was: string; onClose: () => void; onName: (name: string) => Promise<unknown> }) {
  const [name, setName] = useState(`${props.was} restored`);
  return (
    <AskDialog
      title={`Another model is called ${props.was} by now`}
      verb="Restore"
      ready={name.trim() !== ''}
      onClose={props.onClose}
      onSend={() => props.onName(name.trim())}
    >
      {(problem) => (
        <TextInput
          label="Restore it as"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem}
          data-autofocus
        />
      )}
    </AskDialog>
  );
}

/** Deleted versions of a model, below those that are there; nothing while there are none. */
export function DeletedVersions({ name }: { name: string }) {
  const found = useQuery(deletedVersions(name));
  const may = useMay('models.write');
  const cache = useQueryClient();
  const rows = found.data ?? [];
  if (rows.length === 0) return null;
  const columns: GridColumn<ModelVersion>[] = [
    { id: 'version', header: 'Version', width: 90, value: (row) => row.version },
    { id: 'aliases', header: 'Aliases', width: 140, value: (row) => (row.aliases ?? []).join(', ') || null },
    {
      id: 'size',
      header: 'Size',
      align: 'right',
      width: 90,
      value: (row) => row.size ?? null,
      cell: (row) => bytes(row.size),
    },
    ...dates<ModelVersion>(),
    {
      id: 'do',
      header: 'Do',
      width: 110,
      sortable: false,
      value: () => null,
      cell: (row) => (
        <Reason why={may ? undefined : WHY}>
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Restore version ${row.version}`}
            onClick={() =>
              void restoreVersion(row)
                .then(() => cache.invalidateQueries({ queryKey: ['models'] }))
                .catch(toastProblem)
            }
          >
            Restore
          </Button>
        </Reason>
      ),
    },
  ];
  return (
    <Section title="In the bin">
      <DataGrid
        label="Deleted versions"
        rows={rows}
        columns={columns}
        rowKey={(row) => String(row.version)}
      />
    </Section>
  );
}
