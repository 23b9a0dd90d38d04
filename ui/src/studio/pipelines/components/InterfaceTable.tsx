import { Table, Text } from '@mantine/core';
import type { components } from '@/kernel/schema';
import { WideTable } from '../WideTable';
import { allowedOf } from '../words';
import classes from '../run/run.module.css';

type Port = components['schemas']['Port'];

interface Props {
  label: string;
  ports: Readonly<Record<string, Port>>;
  /** What each was given; without it, there is no such column. */
  values?: Readonly<Record<string, string>>;
}

/** Declared inputs: type, whether they have to be given, default, what is allowed. */
export function InterfaceTable({ label, ports, values }: Props) {
  const rows = Object.entries(ports);
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        None.
      </Text>
    );
  return (
    <WideTable
      label={label}
      head={['Name', 'Type', ...(values ? ['Value'] : []), 'Default', 'Allowed', 'Description']}
    >
      {rows.map(([name, port]) => (
        <Table.Tr key={name}>
          <Table.Th scope="row">{name}</Table.Th>
          <Table.Td>
            {port.type}
            {port.optional ? ', optional' : ''}
          </Table.Td>
          {values ? <Table.Td className={classes.value ?? ''}>{values[name] ?? '–'}</Table.Td> : null}
          <Table.Td>
            {port.default === null || port.default === undefined ? '–' : String(port.default)}
          </Table.Td>
          <Table.Td>{allowedOf(port)}</Table.Td>
          <Table.Td>{port.description}</Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
