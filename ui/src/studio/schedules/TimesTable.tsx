import { Table } from '@mantine/core';
import { Until } from '@/kit/Time';
import { inZone, readerZone } from './words';

/** Times to come, as the clocks of the schedule's zone show them and, where it is another, those of the reader. */
export function TimesTable({ times, zone }: { times: readonly string[]; zone: string }) {
  const mine = readerZone();
  const both = mine !== zone;
  return (
    <Table aria-label="Next times" withRowBorders={false} w="auto">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{zone}</Table.Th>
          {both ? <Table.Th scope="col">Here ({mine})</Table.Th> : null}
          <Table.Th scope="col">In</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {times.map((moment) => (
          <Table.Tr key={moment}>
            <Table.Td>{inZone(moment, zone)}</Table.Td>
            {both ? <Table.Td>{inZone(moment, mine)}</Table.Td> : null}
            <Table.Td>
              <Until at={moment} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
