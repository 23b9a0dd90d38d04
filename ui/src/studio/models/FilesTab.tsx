import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { bytes, count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { problemOf } from '@/kernel/request';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { CopyButton } from '@/kit/CopyButton';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconDownload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { files, fileUrl, zipUrl, type ModelFile, type ModelVersion } from './queries';
import classes from './models.module.css';

const FROM = '/w/$ws/models/$name/versions/$version';
const TEXT =
  /(^|\/)(MLmodel|Dockerfile|LICENSE)$|\.(txt|json|ya?ml|md|py|csv|toml|cfg|ini|xml|pmml|prototxt)$/i;
const PREVIEW_BYTES = 128 * 1024;

const COLUMNS: GridColumn<ModelFile>[] = [
  { id: 'path', header: 'Path', value: (row) => row.path, grow: true, width: 280 },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 100,
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
  },
  {
    id: 'digest',
    header: 'Digest',
    sub: 'blake3',
    width: 130,
    value: (row) => row.digest ?? null,
    cell: (row) => <code>{row.digest?.slice(0, 12)}</code>,
  },
];

export function FilesTab({ version: it }: { version: ModelVersion }) {
  const query = useQuery(files(it));
  const search: { path?: string | undefined } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  return (
    <Answer query={query}>
      {(rows) => {
        const open = rows.find((row) => row.path === search.path);
        return (
          <div className={open ? classes.columns : undefined}>
            <DataGrid
              label="Files"
              rows={rows}
              columns={COLUMNS}
              rowKey={(row) => row.path}
              onOpen={(row) =>
                void navigate({ search: (old) => ({ ...old, path: row.path }), replace: true })
              }
              highlight={(row) => row.path === search.path}
              dense
              maxHeight="calc(100dvh - 320px)"
              toolbar={
                <>
                  <span>
                    {count(rows.length)} {rows.length === 1 ? 'file' : 'files'}, {bytes(it.size)}
                  </span>
                  <Button
                    component="a"
                    variant="default"
                    href={zipUrl(it)}
                    leftSection={<IconDownload size={14} aria-hidden />}
                  >
                    Download as zip
                  </Button>
                </>
              }
            />
            {open ? <Preview version={it} file={open} /> : null}
          </div>
        );
      }}
    </Answer>
  );
}

function Preview({ version: it, file }: { version: ModelVersion; file: ModelFile }) {
  return (
    <section aria-label={file.path}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Group gap="xs" wrap="nowrap" className={classes.path ?? ''}>
          <code>{file.path}</code>
          <CopyButton value={file.path} label="Copy the path" />
        </Group>
        <Button
          component="a"
          variant="default"
          href={fileUrl(it, file.path)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      {TEXT.test(file.path) ? (
        <TextStart version={it} file={file} />
      ) : (
        <Text size="sm" c="dimmed">
          This file is not text; download it to look at it. What loading it would run is under Scan.
        </Text>
      )}
    </section>
  );
}

function TextStart({ version: it, file }: { version: ModelVersion; file: ModelFile }) {
  const url = fileUrl(it, file.path);
  const query = useQuery({
    queryKey: ['model-file', url],
    staleTime: 60_000, // never changes
    queryFn: async ({ signal }) => {
      if (file.size === 0) return '';
      const response = await fetch(url, {
        signal,
        headers: { Range: `bytes=0-${PREVIEW_BYTES - 1}` },
      }).catch((cause: unknown) => {
        throw signal.aborted ? cause : Problem.unreachable(cause);
      });
      if (!response.ok) throw await problemOf(response);
      return response.text();
    },
  });
  return (
    <Answer query={query} rows={4} inline>
      {(text) => (
        <>
          <CodeSnippet code={text} label={file.path} />
          {file.size > PREVIEW_BYTES ? (
            <Text size="sm" c="dimmed">
              The first {bytes(PREVIEW_BYTES)} of {bytes(file.size)}.
            </Text>
          ) : null}
        </>
      )}
    </Answer>
  );
}
