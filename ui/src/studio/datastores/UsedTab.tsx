import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { users } from './queries';

const PAGES: Record<string, string> = { dataset: 'datasets', model: 'models', endpoint: 'endpoints' };

/** What points at the datastore; while there is something, it cannot be deleted. */
export function UsedTab({ name }: { name: string }) {
  const query = useQuery(users(name));
  return (
    <Answer query={query} rows={3}>
      {(found) =>
        found.length === 0 ? (
          <EmptyState title="Nothing uses it yet" code={`azureml://datastores/${name}/paths/FOLDER`}>
            Datasets that are made from files of this datastore, and stay there, are listed here.
          </EmptyState>
        ) : (
          <Table aria-label="What uses this datastore">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Kind</Table.Th>
                <Table.Th>Name</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.map((user) => (
                <Table.Tr key={`${user.kind} ${user.name}`}>
                  <Table.Td>{user.kind}</Table.Td>
                  <Table.Td>
                    {PAGES[user.kind] ? (
                      <Link href={at([PAGES[user.kind] ?? '', user.name])}>{user.title}</Link>
                    ) : (
                      user.title
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Answer>
  );
}
