import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch, useNavigate } from '@tanstack/react-router';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlus } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { waiting } from '../queries';
import { clusters, hours, money, type Cluster } from './queries';

type Row = Cluster & { waiting: number };

const COLUMNS: GridColumn<Row>[] = [
  { id: 'name', header: 'Name', value: (row) => row.name, width: 150, grow: true },
  { id: 'state', header: 'State', value: stateOf, cell: (row) => <ClusterState cluster={row} />, width: 150 },
  {
    id: 'nodes',
    header: 'Nodes up',
    value: (row) => row.nodes_up,
    cell: (row) => `${row.nodes_up} of ${row.max_nodes}`,
    align: 'right',
    width: 90,
  },
  { id: 'jobs', header: 'Jobs', value: (row) => row.jobs_running, align: 'right', width: 70 },
  { id: 'waiting', header: 'Waiting', value: (row) => row.waiting, align: 'right', width: 90 },
  { id: 'size', header: 'Node', value: (row) => row.title, width: 180 },
  {
    id: 'tier',
    header: 'Tier',
    value: (row) => (row.tier === 'low_priority' ? 'Low priority' : 'Dedicated'),
    width: 110,
  },
  {
    id: 'hours',
    header: 'Node hours',
    value: (row) => row.node_hours,
    cell: (row) => hours(row.node_hours),
    align: 'right',
    width: 100,
  },
  {
    id: 'cost',
    header: 'Cost',
    value: (row) => row.cost,
    cell: (row) => (row.price_per_hour || row.cost ? money(row.cost) : '–'),
    align: 'right',
    width: 90,
  },
  {
    id: 'description',
    header: 'Description',
    value: (row) => row.description || null,
    width: 220,
    optional: true,
  },
];

function stateOf(row: Cluster): string {
  if (row.deleting_since) return 'Being deleted';
  if (row.jobs_running > 0) return 'Running';
  if (row.max_nodes === 0) return 'Stopped';
  if (row.nodes_idle > 0) return 'Idle';
  if (row.nodes.some((node) => node.state === 'provisioning')) return 'Provisioning';
  if (row.nodes.some((node) => node.state === 'unusable')) return 'Unusable';
  if (row.failed && row.nodes_up === 0) return 'Node failed';
  return row.nodes_up > 0 ? 'Draining' : 'Scaled to zero';
}

export function ClusterState({ cluster: it }: { cluster: Cluster }) {
  const state = stateOf(it);
  const tone = {
    Running: 'running',
    Idle: 'completed',
    Stopped: 'canceled',
    Draining: 'canceled',
    'Being deleted': 'canceled',
    Unusable: 'failed',
    'Node failed': 'failed',
  } as const;
  return <StatusBadge state={state} tone={tone[state as keyof typeof tone] ?? 'queued'} />;
}

/** The training clusters of the workspace. */
export function ClusterList() {
  const search = useSearch({ from: '/w/$ws/compute' });
  const navigate = useNavigate({ from: '/w/$ws/compute' });
  const query = useQuery(clusters);
  const queued = useQuery(waiting).data ?? [];
  const withQueue = (row: Cluster): Row => ({
    ...row,
    waiting: queued.filter((run) => run.compute === row.name).length,
  });
  const may = useMay('compute.write');
  const follow = useFollow();
  const create = may ? (
    <Button
      component="a"
      variant="default"
      href={at(['compute', 'new'])}
      onClick={(event) => follow(at(['compute', 'new']), event)}
      leftSection={<IconPlus size={16} />}
    >
      New cluster
    </Button>
  ) : null;
  return (
    <Section title="Training clusters" actions={query.data?.length ? create : null}>
      <Answer query={query} rows={3} inline>
        {(rows) =>
          rows.length === 0 ? (
            <EmptyState
              title="No clusters yet"
              action={create}
              code={{
                Python: 'studio.compute.clusters.create("cpu-cluster", max_nodes=2)',
                'Command line': 'studiolo compute create cpu-cluster --max-nodes 2',
              }}
            >
              A cluster is a queue of its own. Its nodes, shares of this machine or machines that programs
              bring up, come when jobs wait and go when they are idle.
              {may ? '' : ' Someone with the role Compute Operator can make one.'}
            </EmptyState>
          ) : (
            <DataGrid
              label="Training clusters"
              rows={rows.map(withQueue)}
              columns={COLUMNS}
              rowKey={(row) => row.name}
              href={(row) => at(['compute', row.name])}
              sort={search.sort}
              onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
            />
          )
        }
      </Answer>
    </Section>
  );
}
