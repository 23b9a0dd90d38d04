import { Table, Text } from '@mantine/core';
import type { components } from '@/kernel/schema';
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
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label} className={classes.pairs ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Name</Table.Th>
            <Table.Th scope="col">Type</Table.Th>
            {values ? <Table.Th scope="col">Value</Table.Th> : null}
            <Table.Th scope="col">Default</Table.Th>
            <Table.Th scope="col">Allowed</Table.Th>
            <Table.Th scope="col">Description</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([name, port]) => {
            return (
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
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
