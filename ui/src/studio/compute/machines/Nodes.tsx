import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { nodeLogs } from '../nodelogs/queries';
import { Scrolled } from '../Scrolled';
import { nodes, type MachineNode } from './queries';

const HEADS = ['Node', 'Partition', 'State', 'Cores', 'Memory', 'GPUs', 'Load'];

/** The nodes of a machine that has some, as it says itself. */
export function Nodes({ name }: { name: string }) {
  const query = useQuery(nodes(name));
  const logs = new Set(useQuery(nodeLogs(name)).data?.map((log) => log.node));
  return (
    <Answer query={query} rows={2} inline>
      {(rows) =>
        rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            It tells of no nodes.
          </Text>
        ) : (
          <Scrolled label="Nodes" width={640}>
            <Table.Thead>
              <Table.Tr>
                {HEADS.map((head) => (
                  <Table.Th key={head} scope="col">
                    {head}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((node) => (
                <Row
                  key={`${node.partition} ${node.name}`}
                  node={node}
                  log={
                    logs.has(node.name) ? at(['compute', 'machines', name], { node: node.name }) : undefined
                  }
                />
              ))}
            </Table.Tbody>
          </Scrolled>
        )
      }
    </Answer>
  );
}

function Row({ node, log }: { node: MachineNode; log: string | undefined }) {
  return (
    <Table.Tr>
      <Table.Td>
        {log ? (
          <Link href={log} aria-label={`Log of node ${node.name}`}>
            {node.name}
          </Link>
        ) : (
          node.name
        )}
      </Table.Td>
      <Table.Td>{node.partition}</Table.Td>
      <Table.Td>
        <StatusBadge state={node.state} tone={tone(node.state)} label={node.state} />
        {node.reason ? (
          <Text size="xs" c="dimmed">
            {node.reason}
          </Text>
        ) : null}
      </Table.Td>
      <Table.Td>{node.cores_free == null ? node.cores : `${node.cores_free} of ${node.cores}`}</Table.Td>
      <Table.Td>{bytes(node.memory_bytes)}</Table.Td>
      <Table.Td>{node.gpus || '–'}</Table.Td>
      <Table.Td>{node.load?.toFixed(2) ?? '–'}</Table.Td>
    </Table.Tr>
  );
}

function tone(state: string): 'completed' | 'running' | 'warning' {
  if (state === 'idle' || state === 'ready') return 'completed';
  return state === 'mixed' || state === 'allocated' || state === 'completing' ? 'running' : 'warning';
}
