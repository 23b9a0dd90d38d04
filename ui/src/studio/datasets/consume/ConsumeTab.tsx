import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Section } from '@/kit/Page';
import type { DatasetVersion } from '../types';
import { snippets } from './queries';
import { Splits } from './Splits';

/** How to take this version along: ready code, its splits, and how its files are read. */
export function ConsumeTab({ version }: { version: DatasetVersion }) {
  const found = useQuery(snippets(version.name, version.version));
  const options = Object.entries(version.table.options ?? {}).map(
    ([key, value]) =>
      [key.replaceAll('_', ' '), typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  return (
    <Stack gap="xl" maw={860}>
      <Section title="In code">
        <Answer query={found} rows={6}>
          {(items) => <CodeSnippet code={Object.fromEntries(items.map((item) => [item.title, item.code]))} />}
        </Answer>
        <Text size="sm" c="dimmed">
          The reference {version.reference} means these bytes for ever; without the version it means the
          newest. Rows come as an Arrow stream with exact types; a broken connection is gone on with.
        </Text>
      </Section>
      {version.kind === 'file' ? null : <Splits version={version} />}
      {version.kind === 'file' ? null : (
        <Section title="How it is read">
          <KeyValue items={[['format', version.table.format.replaceAll('_', ' ')], ...options]} />
        </Section>
      )}
    </Stack>
  );
}
