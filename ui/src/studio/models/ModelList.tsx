import { Switch, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { usePages } from '@/kernel/pages';
import { bytes } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus, IconSearch } from '@/kit/icons';
import { Link } from '@/kit/Link';
import { MayLink } from '@/kit/MayLink';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { DeletedModels } from './Bin';
import { isPrompt, ownTags } from './prompt';
import { endpointsOf, list, type Model } from './queries';
import { VerdictBadge } from './VerdictBadge';
import classes from './models.module.css';

const CODE = {
  'Trained elsewhere': 'studiolo models register model.onnx --name titanic',
  Python:
    'import mlflow\n\nwith mlflow.start_run():\n    mlflow.sklearn.log_model(model, name="model", registered_model_name="titanic")',
  'Command line': 'studiolo automl submit --dataset titanic --target survived --wait',
};

const COLUMNS: GridColumn<Model>[] = [
  {
    id: 'name',
    header: 'Name',
    value: (row) => row.name,
    cell: (row) => (
      <>
        {row.name} {isPrompt(row) ? <small className={classes.meta}>prompt</small> : null}
      </>
    ),
    width: 220,
    grow: true,
  },
  { id: 'latest', header: 'Latest', align: 'right', width: 80, value: (row) => row.latest?.version ?? null },
  { id: 'versions', header: 'Versions', align: 'right', width: 90, value: (row) => row.versions },
  {
    id: 'aliases',
    header: 'Aliases',
    width: 150,
    value: (row) =>
      Object.entries(row.aliases ?? {})
        .map(([alias, number]) => `${alias} → ${number}`)
        .join(', ') || null,
  },
  {
    id: 'scan',
    header: 'Scan',
    width: 150,
    value: (row) => row.latest?.scan ?? null,
    cell: (row) =>
      row.latest ? <VerdictBadge verdict={row.latest.scan} here={(row.latest.files ?? 0) > 0} /> : '–',
  },
  {
    id: 'used',
    header: 'Deployed at',
    width: 130,
    value: (row) => endpointsOf(row.latest).join(', ') || null,
    cell: (row) =>
      endpointsOf(row.latest).length === 0
        ? '–'
        : endpointsOf(row.latest).map((name, index) => (
            <span key={name}>
              {index > 0 ? ', ' : ''}
              <Link href={at(['endpoints', name])}>{name}</Link>
            </span>
          )),
  },
  {
    id: 'tags',
    header: 'Tags',
    width: 140,
    value: (row) =>
      Object.entries(ownTags(row))
        .map(([key, value]) => (value ? `${key}=${value}` : key))
        .join(', ') || null,
  },
  {
    id: 'stage',
    header: 'Stage',
    width: 110,
    value: (row) => (row.latest && row.latest.stage !== 'None' ? (row.latest.stage ?? null) : null),
  },
  {
    id: 'updated',
    header: 'Changed',
    width: 120,
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
  },
  { id: 'owner', header: 'By', width: 110, value: (row) => row.latest?.user || null },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    optional: true,
    width: 100,
    value: (row) => row.latest?.size ?? null,
    cell: (row) => bytes(row.latest?.size),
  },
  {
    id: 'flavors',
    header: 'Flavors',
    width: 180,
    optional: true,
    value: (row) => row.latest?.flavors?.join(', ') || null,
  },
  {
    id: 'description',
    header: 'Description',
    width: 240,
    optional: true,
    value: (row) => row.description || null,
  },
];

export function ModelList() {
  const search: { q?: string | undefined; sort?: string | undefined; bin?: boolean | undefined } = useSearch({
    from: '/w/$ws/models',
  });
  const navigate = useNavigate({ from: '/w/$ws/models' });
  const found = usePages(list(search.q));
  return (
    <Page
      title="Models"
      header={
        <PageHeader
          title={search.bin ? 'Deleted models' : 'Models'}
          actions={
            <>
              <Switch
                label="Bin"
                checked={search.bin ?? false}
                onChange={(event) =>
                  void navigate({ search: { bin: event.currentTarget.checked || undefined } })
                }
              />
              <MayLink
                permission="models.write"
                to="register models"
                href={at(['models', 'new'])}
                leftSection={<IconPlus size={16} aria-hidden />}
              >
                Register a model
              </MayLink>
            </>
          }
        />
      }
    >
      {search.bin ? (
        <DeletedModels search={search.q} />
      ) : (
        <Answer query={found}>
          {(rows) =>
            rows.length === 0 && !search.q ? (
              <EmptyState title="No models yet" code={CODE}>
                A model is a trained thing under a name, version by version: its files never change, and it
                says which run and data it came from. Automated ML registers its best one here; files that
                were trained elsewhere can be registered too.
              </EmptyState>
            ) : (
              <DataGrid
                label="Models"
                rows={rows}
                columns={COLUMNS}
                rowKey={(row) => row.name}
                href={(row) => at(['models', row.name])}
                sort={search.sort}
                onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
                onEnd={found.more}
                hasMore={found.hasMore}
                empty={<NoMatch onClear={() => void navigate({ search: {}, replace: true })} />}
                toolbar={
                  <TextInput
                    aria-label="Filter by name"
                    placeholder="Filter by name"
                    leftSection={<IconSearch size={14} aria-hidden />}
                    value={search.q ?? ''}
                    onChange={(event) => {
                      const q = event.currentTarget.value || undefined;
                      void navigate({ search: (old) => ({ ...old, q }), replace: true });
                    }}
                  />
                }
              />
            )
          }
        </Answer>
      )}
    </Page>
  );
}
