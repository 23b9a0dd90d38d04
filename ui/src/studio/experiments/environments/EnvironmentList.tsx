import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { bytes } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { environments, pageOf, space, type EnvironmentVersion } from './queries';

const COLUMNS: GridColumn<EnvironmentVersion>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, width: 220, grow: true },
  { id: 'version', header: 'Version', value: (row) => row.version, align: 'right', width: 90 },
  { id: 'python', header: 'Python', value: (row) => row.python, width: 90 },
  { id: 'packages', header: 'Packages', value: (row) => row.packages, align: 'right', width: 100 },
  { id: 'source', header: 'From', value: (row) => row.source, width: 160 },
  {
    id: 'built',
    header: 'On this machine',
    value: (row) => row.bytes ?? null,
    cell: (row) => (row.built ? `built, ${bytes(row.bytes ?? 0)}` : 'built when a job needs it'),
    width: 200,
  },
  {
    id: 'used',
    header: 'Last used',
    value: (row) => row.last_used_at ?? null,
    cell: (row) => (row.last_used_at ? <Time at={row.last_used_at} /> : '–'),
    width: 120,
  },
  { id: 'user', header: 'By', value: (row) => row.user, width: 110, optional: true },
];

const CODE = {
  'Command line': 'studiolo experiments environments create trees -p scikit-learn -p pandas',
  Python: "studio.experiments.environments.create('trees', packages=['scikit-learn', 'pandas'])",
};

/** What jobs have of Python, each with its newest version. */
export function EnvironmentList() {
  const search = useSearch({ from: '/w/$ws/experiments/environments' });
  const navigate = useNavigate({ from: '/w/$ws/experiments/environments' });
  const follow = useFollow();
  const may = useMay('experiments.write');
  const query = useQuery(environments(search.archived));
  const make = at(['experiments', 'environments', '-', 'new']);
  const create = may ? (
    <Button
      component="a"
      href={make}
      onClick={(event) => follow(make, event)}
      leftSection={<IconPlus size={16} aria-hidden />}
    >
      Create environment
    </Button>
  ) : null;
  return (
    <Page
      title="Environments"
      header={
        <PageHeader
          title="Environments"
          lead="The Python packages that jobs run with: versions never change, and each is locked once."
          actions={
            <>
              <Button
                variant="default"
                aria-pressed={search.archived ?? false}
                onClick={() => void navigate({ search: { archived: search.archived ? undefined : true } })}
              >
                {search.archived ? 'Show current' : 'Show archived'}
              </Button>
              {create}
            </>
          }
        />
      }
    >
      <Taken />
      <Answer query={query}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              title={search.archived ? 'Nothing is archived' : 'No environments yet'}
              action={create}
              code={CODE}
            >
              Without one, jobs run with the packages of the studio itself.
            </EmptyState>
          ) : (
            <DataGrid
              label="Environments"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={pageOf}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
            />
          )
        }
      </Answer>
    </Page>
  );
}

/** What they take of the disk: their own, and what uv's cache holds beside them. */
function Taken() {
  const { data } = useQuery(space);
  if (!data?.measured_at) return null;
  return (
    <Text size="sm" c="var(--st-muted)">
      {data.built} built here, {bytes(data.bytes)} of disk, and {bytes(data.cache_bytes)} in the cache of
      their packages. Above {bytes(data.limit_bytes)} what is not needed goes; what no job used for{' '}
      {data.keep_days} days too. Looked at <Time at={data.measured_at} />.
    </Text>
  );
}
