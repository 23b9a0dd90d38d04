import { Button } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { usePages } from '@/kernel/pages';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconRocket } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { list, type Endpoint } from './queries';

const CODE = {
  'Command line':
    'studiolo endpoints deploy titanic:1 --name titanic --wait\nstudiolo endpoints score titanic --file rows.json',
  Python:
    'from studiolo import Studio\n\nstudio = Studio()\nstudio.endpoints.deploy("titanic:1", "titanic", wait=True)',
};

const shown = (row: Endpoint) => row.live ?? row.latest;

const COLUMNS: GridColumn<Endpoint>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, width: 200, grow: true },
  {
    id: 'state',
    header: 'State',
    width: 120,
    value: (row) => row.state,
    cell: (row) => <StatusBadge state={row.state} />,
  },
  {
    id: 'model',
    header: 'Model',
    width: 200,
    value: (row) => {
      const it = shown(row);
      return it ? `${it.model}:${it.version}` : null;
    },
    cell: (row) => {
      const it = shown(row);
      return it ? (
        <Link href={at(['models', it.model], { version: it.version })}>
          {it.model}:{it.version}
        </Link>
      ) : (
        '–'
      );
    },
  },
  { id: 'tier', header: 'Served', width: 110, value: (row) => tierWord(shown(row)?.tier) },
  {
    id: 'workers',
    header: 'Workers',
    align: 'right',
    width: 90,
    value: (row) => shown(row)?.workers ?? null,
  },
  { id: 'url', header: 'Address', width: 280, value: (row) => row.url },
  {
    id: 'changed',
    header: 'Changed',
    width: 120,
    value: (row) => row.updated_at,
    cell: (row) => <Time at={row.updated_at} />,
  },
  { id: 'by', header: 'By', width: 110, value: (row) => row.created_by, optional: true },
];

export function tierWord(tier: string | null | undefined): string | null {
  return tier === 'compiled' ? 'Compiled' : tier === 'pyfunc' ? 'Original' : null;
}

export function EndpointList() {
  const search: { sort?: string | undefined } = useSearch({ from: '/w/$ws/endpoints' });
  const navigate = useNavigate({ from: '/w/$ws/endpoints' });
  const follow = useFollow();
  const found = usePages(list);
  usePageActions(
    useMemo(
      () => [
        { id: 'deploy', label: 'Deploy a model', key: 'c', run: () => follow(at(['endpoints', 'new'])) },
      ],
      [follow],
    ),
  );
  const deploy = (
    <Button
      component="a"
      href={at(['endpoints', 'new'])}
      onClick={(event) => follow(at(['endpoints', 'new']), event)}
      leftSection={<IconRocket size={16} aria-hidden />}
    >
      Deploy a model
    </Button>
  );
  return (
    <Page title="Endpoints" header={<PageHeader title="Endpoints" actions={deploy} />}>
      <Answer query={found}>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState title="No endpoints yet" action={deploy} code={CODE}>
              An endpoint is a registered model behind an address on this machine: it takes rows and answers
              with predictions, with keys, logs and latency figures.
            </EmptyState>
          ) : (
            <DataGrid
              label="Endpoints"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={(row) => at(['endpoints', row.name])}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
              onEnd={found.more}
              hasMore={found.hasMore}
            />
          )
        }
      </Answer>
    </Page>
  );
}
