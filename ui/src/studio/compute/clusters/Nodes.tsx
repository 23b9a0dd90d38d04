import { Table, Text } from '@mantine/core';
import { between, bytes, duration } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { StatusBadge } from '@/kit/StatusBadge';
import { useNow } from '@/kit/Time';
import type { Cluster, ClusterNode } from './queries';
import { JobLink } from '../JobLink';
import { Scrolled } from '../Scrolled';

const TONES = {
  idle: 'completed',
  running: 'running',
  leaving: 'warning',
  provisioning: 'queued',
  draining: 'canceled',
  unusable: 'failed',
} as const;

/** The nodes that are up, and what runs on each. */
export function Nodes({ cluster }: { cluster: Cluster }) {
  const now = useNow(1000);
  const all = cluster.nodes.flatMap((node) => node.jobs);
  if (cluster.nodes.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {cluster.max_nodes === 0
          ? 'The cluster is stopped. Start it to run the jobs that wait.'
          : cluster.provider === 'scripts'
            ? 'No node is up. The next job has one brought up.'
            : cluster.ray
              ? 'No node is up. The next job has its Ray asked for one.'
              : cluster.provider === 'ray'
                ? 'No node is up: nothing is held, and its Ray is not running. The next job brings both.'
                : 'No node is up: nothing is held. One comes with the next job.'}
      </Text>
    );
  return (
    <Scrolled label="Nodes" width={640}>
      <Table.Thead>
        <Table.Tr>
          {['Node', 'State', 'Cores', 'Memory', ...(cluster.gpus ? ['GPUs'] : []), 'Up for', 'Jobs'].map(
            (head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ),
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {cluster.nodes.map((node) => (
          <Table.Tr key={node.number}>
            <Table.Td>
              <Link
                href={at(['compute', cluster.name], { node: node.number })}
                aria-label={`Log of node ${node.number}`}
              >
                {node.number}
              </Link>
            </Table.Td>
            <Table.Td>
              <StatusBadge state={node.state} tone={TONES[node.state]} label={said(node, cluster, now)} />
              {node.reason ? (
                <Text size="xs" c="dimmed" maw={420}>
                  {node.reason}
                </Text>
              ) : node.host ? (
                <Text size="xs" c="dimmed">
                  {node.host}
                </Text>
              ) : null}
            </Table.Td>
            <Table.Td>
              {node.cores - node.cores_free} of {node.cores} taken
            </Table.Td>
            <Table.Td>{bytes(node.memory_bytes)}</Table.Td>
            {cluster.gpus ? <Table.Td>{node.gpus?.join(', ') || '–'}</Table.Td> : null}
            <Table.Td>{duration(between(node.started_at, null, now))}</Table.Td>
            <Table.Td>
              {node.jobs.map((job) => (
                <div key={job.run_id ?? job.title}>
                  <JobLink job={job} among={all} />
                </div>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Scrolled>
  );
}

function said(node: ClusterNode, cluster: Cluster, now: number): string {
  if (node.state === 'leaving') return 'Makes room';
  if (node.state === 'running') return 'Running';
  if (node.state === 'provisioning') return 'Provisioning';
  if (node.state === 'draining') return 'Draining';
  if (node.state === 'unusable') return 'Unusable';
  if (!node.idle_since || cluster.nodes_up <= cluster.min_nodes) return 'Idle';
  const left = cluster.idle_seconds - (between(node.idle_since, null, now) ?? 0);
  return left > 0 ? `Idle, goes in ${duration(Math.ceil(left))}` : 'Idle, goes now';
}
