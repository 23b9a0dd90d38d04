import { Stack, Text } from '@mantine/core';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Section } from '@/kit/Page';
import { Id } from '@/kit/CopyButton';
import { bytes } from '@/kernel/format';
import type { DatasetVersion } from './types';

/** How to take this version along: into Python, onto the command line, into a job; and how its file is read. */
export function UseTab({ version }: { version: DatasetVersion }) {
  const { reference } = version;
  const options = Object.entries(version.table.options ?? {}).map(
    ([key, value]) => [key, String(value)] as const,
  );
  return (
    <Stack gap="xl" maw={760}>
      <Section title="In code">
        <CodeSnippet
          code={{
            Python: `from studiolo import Studio\n\nstudio = Studio()\nfor row in studio.datasets.preview("${reference}").rows:\n    print(row)`,
            'Command line': `studiolo datasets preview ${reference}\nstudiolo datasets profile ${reference}`,
            'Train models': `studiolo automl submit --dataset ${reference} --target COLUMN --wait`,
          }}
        />
        <Text size="sm" c="dimmed">
          The reference {reference} means these bytes for ever; without the version it means the newest.
        </Text>
      </Section>
      <Section title="How it is read">
        <KeyValue items={[['Format', version.table.format.replaceAll('_', ' ')], ...options]} />
      </Section>
      <Section title="Files">
        <KeyValue
          items={version.files.map(
            (file) =>
              [
                file.path,
                <span key={file.path}>
                  {bytes(file.size)} {file.digest && <Id value={file.digest} />}
                </span>,
              ] as const,
          )}
        />
      </Section>
    </Stack>
  );
}
