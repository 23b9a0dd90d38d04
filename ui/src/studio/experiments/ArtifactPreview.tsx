import { Button, Group, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { problemOf } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import { CopyButton } from '@/kit/CopyButton';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { IconDownload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { isBinary, lookOf, parseDelimited, pretty, PREVIEW_BYTES, type Look } from './preview';
import type { Run } from './queries';
import classes from './experiments.module.css';

const ROWS = 200;

export function artifactUrl(run: Pick<Run, 'id'>, path: string, inline = false): string {
  return apiUrl(`/experiments/runs/${run.id}/artifacts/content`, { path, inline });
}

/** The start of a file as what it is. Nothing of it is ever run: HTML and SVG are shown as their text. */
export function ArtifactPreview({ run, path }: { run: Run; path: string }) {
  const look = lookOf(path);
  return (
    <section className={classes.preview} aria-label={path}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Group gap="xs" wrap="nowrap" className={classes.path ?? ''}>
          <code>{path}</code>
          <CopyButton value={path} label="Copy the path" />
        </Group>
        <Button
          component="a"
          variant="default"
          href={artifactUrl(run, path)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      {look === 'image' ? (
        <img src={artifactUrl(run, path, true)} alt={path} className={classes.image} />
      ) : look === 'none' ? (
        <NoPreview />
      ) : (
        <TextPreview run={run} path={path} look={look} />
      )}
    </section>
  );
}

function NoPreview() {
  return (
    <Text size="sm" c="dimmed">
      This file is not text and not a picture; download it to look at it.
    </Text>
  );
}

interface Start {
  text: string;
  size: number;
}

async function readStart(url: string, signal: AbortSignal): Promise<Start> {
  const response = await fetch(url, { signal, headers: { Range: `bytes=0-${PREVIEW_BYTES - 1}` } }).catch(
    (cause: unknown) => {
      throw signal.aborted ? cause : Problem.unreachable(cause);
    },
  );
  if (response.status === 416) return { text: '', size: 0 }; // an empty file has no first byte
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  const size = Number(response.headers.get('content-range')?.split('/')[1] ?? text.length);
  return { text, size };
}

function TextPreview({ run, path, look }: { run: Run; path: string; look: Look }) {
  const url = artifactUrl(run, path);
  const query = useQuery({
    queryKey: ['experiments-file', url],
    queryFn: ({ signal }) => readStart(url, signal),
    staleTime: 30_000,
  });
  return (
    <Answer query={query} inline>
      {({ text, size }) => {
        if (isBinary(text)) return <NoPreview />;
        const cut = size > PREVIEW_BYTES;
        return (
          <>
            {cut ? (
              <Text size="sm" c="dimmed" mb="sm">
                The first {bytes(PREVIEW_BYTES)} of {bytes(size)}.
              </Text>
            ) : null}
            {look === 'table' ? (
              <Rows rows={parseDelimited(text, path.endsWith('.tsv') ? '\t' : ',', ROWS + 1)} label={path} />
            ) : (
              <CodeSnippet code={look === 'json' && !cut ? pretty(text) : text || '(empty)'} label={path} />
            )}
          </>
        );
      }}
    </Answer>
  );
}

function Rows({ rows, label }: { rows: readonly string[][]; label: string }) {
  const [head = [], ...body] = rows;
  return (
    <>
      <div className={classes.rows} tabIndex={0} role="region" aria-label={`Rows of ${label}`}>
        <Table stickyHeader aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              {head.map((name, column) => (
                <Table.Th key={column} scope="col">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {body.map((row, index) => (
              <Table.Tr key={index}>
                {row.map((value, column) => (
                  <Table.Td key={column}>{value}</Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {body.length >= ROWS ? (
        <Text size="xs" c="dimmed" mt="xs">
          The first {ROWS} rows.
        </Text>
      ) : null}
    </>
  );
}
