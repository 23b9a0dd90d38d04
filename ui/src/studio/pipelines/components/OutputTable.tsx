import { Table, Text } from '@mantine/core';
import type { components } from '@/kernel/schema';
import { WideTable } from '../WideTable';

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
    <WideTable label={label} head={['Name', 'Type', 'Description']}>
      {rows.map(([name, port]) => (
        <Table.Tr key={name}>
          <Table.Th scope="row">{name}</Table.Th>
          <Table.Td>{port.type ?? 'uri_folder'}</Table.Td>
          <Table.Td>{port.description}</Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
