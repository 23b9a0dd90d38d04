import { Table } from '@mantine/core';
import { StatusBadge } from '@/kit/StatusBadge';
import type { Compute } from './queries';
import classes from './compute.module.css';

/** Which limits this machine can hold jobs to, and how. */
export function Limits({ limits }: { limits: Compute['limits'] }) {
  return (
    <Table aria-label="How limits are kept" className={classes.table ?? ''}>
      <Table.Tbody>
        {limits.map((limit) => (
          <Table.Tr key={limit.what}>
            <Table.Th scope="row">{limit.what.charAt(0).toUpperCase() + limit.what.slice(1)}</Table.Th>
            <Table.Td>
              <StatusBadge
                state={limit.enforced ? 'passed' : 'warning'}
                label={limit.enforced ? 'Held' : 'Not held'}
              />
            </Table.Td>
            <Table.Td>{limit.how}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
