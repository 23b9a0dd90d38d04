import { Badge, Button, Group, Stack, Table, Tabs, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { CopyButton } from '@/kit/CopyButton';
import { MayLink } from '@/kit/MayLink';
import { Answer } from '@/kit/Page';
import { HeadGrid } from './HeadGrid';
import { columns, rows, type TableShape } from './queries';
import classes from '../datastores.module.css';

interface Props {
  name: string;
  schema: string;
  table: string;
  /** Write a query that begins with this table. */
  onQuery: ((query: string) => void) | undefined;
}

/** One table: its columns, its first rows, and what can be made of it. */
export function TablePane({ name, schema, table, onQuery }: Props) {
  const shape = useQuery(columns(name, schema, table));
  const head = useQuery(rows(name, schema, table));
  const query = shape.data?.query;
  return (
    <Stack gap="md" className={classes.pane ?? ''}>
      <Group justify="space-between">
        <h2 className={classes.title}>
          {table} <CopyButton value={table} label="Copy the name of the table" />
        </h2>
        <Group gap="xs">
          {onQuery && query ? (
            <Button variant="default" onClick={() => onQuery(query)}>
              Write a query
            </Button>
          ) : null}
          {query ? (
            <MayLink
              permission="datasets.write"
              to="create datasets"
              href={at(['datasets', '-', 'new'], { from: 'sql', datastore: name, query })}
            >
              Create dataset
            </MayLink>
          ) : null}
        </Group>
      </Group>
      <Tabs defaultValue="rows">
        <Tabs.List mb="sm">
          <Tabs.Tab value="rows">First rows</Tabs.Tab>
          <Tabs.Tab value="columns">
            Columns{shape.data ? ` (${shape.data.columns.length.toLocaleString('en-US')})` : ''}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rows">
          <Answer query={head} rows={8} inline>
            {(found) => <HeadGrid head={found} label={`First rows of ${table}`} />}
          </Answer>
        </Tabs.Panel>
        <Tabs.Panel value="columns">
          <Answer query={shape} rows={8} inline>
            {(found) => <Columns shape={found} table={table} />}
          </Answer>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

function Columns({ shape, table }: { shape: TableShape; table: string }) {
  return (
    <Table.ScrollContainer minWidth={360} mah={480}>
      <Table aria-label={`Columns of ${table}`} stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Column</Table.Th>
            <Table.Th scope="col">Type in the database</Table.Th>
            <Table.Th scope="col">Missing values</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {shape.columns.map((column) => (
            <Table.Tr key={column.name}>
              <Table.Th scope="row">
                <Group gap="xs">
                  {column.name}
                  {column.key ? <Badge size="sm">Key</Badge> : null}
                </Group>
              </Table.Th>
              <Table.Td>
                <Text size="sm" ff="monospace">
                  {column.type}
                </Text>
              </Table.Td>
              <Table.Td>{column.nullable ? 'allowed' : 'never'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
