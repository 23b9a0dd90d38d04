import { Table, Text } from '@mantine/core';
import type { components } from '@/kernel/schema';
import classes from '../run/run.module.css';

type OutputPort = components['schemas']['OutputPort'];

/** Declared outputs. */
export function OutputTable({
  label,
  ports,
}: {
  label: string;
  ports: Readonly<Record<string, OutputPort>>;
}) {
  const rows = Object.entries(ports);
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None.
      </Text>
    );
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label} className={classes.pairs ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Name</Table.Th>
            <Table.Th scope="col">Type</Table.Th>
            <Table.Th scope="col">Description</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, port]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">{name}</Table.Th>
              <Table.Td>{port.type ?? 'uri_folder'}</Table.Td>
              <Table.Td>{port.description}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
