import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { CopyButton } from '@/kit/CopyButton';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { endpointsOf, example, type Example, type ModelVersion } from './queries';
import { asRequest } from './signature';
import classes from './models.module.css';

const SHOWN = 10;
const LONG = 40; // characters that may not fit

/** The input that the model was logged with: shown, copied as a request, tried at an endpoint. */
export function ExamplePart({ version: it }: { version: ModelVersion }) {
  const query = useQuery(example(it));
  if (query.data === null)
    return (
      <Section title="Input example">
        <Text size="sm" c="dimmed">
          It brought none. Give one when it is logged (<code>input_example=rows</code>), or with{' '}
          <code>--example</code>.
        </Text>
      </Section>
    );
  return (
    <Section title="Input example">
      <Answer query={query} rows={3} inline>
        {(found) => (found ? <Shown example={found} serving={endpointsOf(it)} /> : null)}
      </Answer>
    </Section>
  );
}

function Shown({ example: it, serving }: { example: Example; serving: readonly string[] }) {
  const columns = it.columns ?? [];
  const rows = (it.rows ?? []).slice(0, SHOWN);
  return (
    <>
      <Text size="sm" mb="xs">
        <code>{it.file}</code>
        {it.cut || (it.rows ?? []).length > SHOWN ? `, the first ${rows.length || 'few'} rows` : ''}{' '}
        <CopyButton value={asRequest(it)} label="Copy as a request" />
        {serving.map((name) => (
          <span key={name}>
            {' '}
            <Link href={at(['endpoints', name], { tab: 'test' })}>Try it at {name}</Link>
          </span>
        ))}
      </Text>
      {columns.length > 0 ? (
        <div className={classes.scroll} tabIndex={0} role="region" aria-label="Input example">
          <Table aria-label="Input example" className={`${classes.table} ${classes.example}`} stickyHeader>
            <Table.Thead>
              <Table.Tr>
                {columns.map((name) => (
                  <Table.Th key={name} scope="col">
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => (
                <Table.Tr key={index}>
                  {row.map((value, at) => {
                    const text = typeof value === 'string' ? value : JSON.stringify(value);
                    return (
                      <Table.Td key={at} title={text.length > LONG ? text.slice(0, 500) : undefined}>
                        {text}
                      </Table.Td>
                    );
                  })}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      ) : (
        <CodeSnippet code={JSON.stringify(it.raw, null, 1).slice(0, 4000)} label="Input example" />
      )}
    </>
  );
}
