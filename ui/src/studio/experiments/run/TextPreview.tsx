import { Button, Group, SegmentedControl, Switch, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { CodeView } from '@/kit/code/CodeView';
import { languageOf } from '@/kit/code/language';
import { diffSize } from '@/kit/code/tokens';
import { Markdown } from '@/kit/Markdown';
import { Answer } from '@/kit/Page';
import type { Run } from '../queries';
import { isBinary, isTableJson, pretty, type Look } from './look';
import { readPiece } from './queries';
import { TablePreview } from './TablePreview';

interface Props {
  /** Null for files that are no artifacts of a run, such as its code. */
  run: Run | null;
  url: string;
  path: string;
  look: Look;
}

const PIECE = 256 * 1024;

/** Text as it is written or as it is meant; a large file comes in pieces. */
export function TextPreview({ run, url, path, look }: Props) {
  const [wrap, setWrap] = useState(false);
  const [source, setSource] = useState(false);
  const query = useInfiniteQuery({
    queryKey: ['experiments-pieces', url],
    queryFn: ({ pageParam, signal }) => readPiece(url, pageParam, PIECE, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next < last.size ? last.next : undefined),
    staleTime: 30_000,
  });
  return (
    <Answer query={query} inline>
      {({ pages }) => {
        const text = pages.map((page) => page.text).join('');
        const size = pages[0]?.size ?? 0;
        const read = pages.at(-1)?.next ?? 0;
        const whole = read >= size;
        if (isBinary(text)) {
          return (
            <Text size="sm" c="dimmed">
              This file is not text; download it to look at it.
            </Text>
          );
        }
        if (text === '') return <Text size="sm" c="dimmed">The file is empty.</Text>; // prettier-ignore
        const table = look === 'json' && run !== null && isTableJson(text);
        const other = look === 'markdown' ? 'Rendered' : table ? 'Table' : null;
        const meant = other !== null && !source;
        return (
          <>
            <Group gap="lg" mb="sm">
              {other ? (
                <SegmentedControl
                  size="xs"
                  aria-label="Show as"
                  value={source ? 'Source' : other}
                  onChange={(value) => setSource(value === 'Source')}
                  data={[other, 'Source']}
                />
              ) : null}
              {meant ? null : (
                <Switch
                  size="xs"
                  label="Wrap lines"
                  checked={wrap}
                  onChange={(event) => setWrap(event.currentTarget.checked)}
                />
              )}
              {look === 'diff' ? <DiffFacts text={text} /> : null}
              {whole ? null : (
                <Text size="sm" c="dimmed">
                  The first {bytes(read)} of {bytes(size)}.
                </Text>
              )}
            </Group>
            {meant && table && run ? (
              <TablePreview run={run} path={path} />
            ) : meant ? (
              <Markdown text={text} />
            ) : (
              <CodeView
                text={look === 'json' && whole ? pretty(text) : text}
                language={look === 'diff' ? 'diff' : languageOf(path)}
                label={path}
                wrap={wrap}
              />
            )}
            {query.hasNextPage && !meant ? (
              <Button
                variant="default"
                mt="sm"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                Read on
              </Button>
            ) : null}
          </>
        );
      }}
    </Answer>
  );
}

function DiffFacts({ text }: { text: string }) {
  const { files, added, removed } = diffSize(text);
  return (
    <Text size="sm" c="dimmed">
      {files} {files === 1 ? 'file' : 'files'}: {added} {added === 1 ? 'line' : 'lines'} added, {removed}{' '}
      removed
    </Text>
  );
}
