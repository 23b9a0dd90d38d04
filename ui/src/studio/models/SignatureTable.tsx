import { Table, Text } from '@mantine/core';
import type { components } from '@/kernel/schema';
import { rowsOf } from './signature';
import classes from './models.module.css';

/** What the model takes and gives, one row per column. */
export function SignatureTable({ signature }: { signature: components['schemas']['Signature'] | null }) {
  const rows = signature ? rowsOf(signature) : [];
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The model was logged without a signature, so it cannot say which columns it takes.
      </Text>
    );
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Signature">
      <Table aria-label="Signature" className={classes.table ?? ''} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            {['Direction', 'Name', 'Type', 'Needed'].map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row, index) => (
            <Table.Tr key={index}>
              <Table.Td>{row.direction}</Table.Td>
              <Table.Td>{row.name}</Table.Td>
              <Table.Td>
                <code>{row.type}</code>
              </Table.Td>
              <Table.Td>{row.needed}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
