import { Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { counted } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import type { Run } from '../queries';
import { cellImage, CellImage } from './CellImage';
import type { TableRows } from './queries';

interface Props {
  run: Run;
  path: string;
  maxHeight?: number | string;
}

interface Row {
  index: number;
  values: readonly unknown[];
}

const PAGE = 500;

/** Rows of a table in a file, read by the server as they are scrolled to. */
export function TablePreview({ run, path, maxHeight = 'calc(100dvh - 340px)' }: Props) {
  const query = useInfiniteQuery({
    queryKey: ['experiments-table', run.id, path],
    queryFn: ({ pageParam, signal }) =>
      data(
        api().GET('/experiments/runs/{run_id}/artifacts/table', {
          params: { path: { run_id: run.id }, query: { path, offset: pageParam, limit: PAGE } },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last: TableRows) => (last.more ? last.offset + last.rows.length : undefined),
    staleTime: 60_000,
  });
  return (
    <Answer query={query} inline>
      {({ pages }) => (
        <Rows
          run={run}
          path={path}
          pages={pages}
          maxHeight={maxHeight}
          onEnd={() => {
            if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
          }}
        />
      )}
    </Answer>
  );
}

function Rows({
  run,
  path,
  pages,
  maxHeight,
  onEnd,
}: Props & { pages: readonly TableRows[]; onEnd: () => void }) {
  const head = pages[0]?.columns;
  const rows = useMemo<Row[]>(
    () => pages.flatMap((page) => page.rows.map((values, at) => ({ index: page.offset + at, values }))),
    [pages],
  );
  const columns = useMemo<GridColumn<Row>[]>(
    () =>
      (head ?? []).map((column, at) => {
        const sample = rows.slice(0, 50).map((row) => row.values[at]);
        const numeric =
          sample.some((it) => it != null) && sample.every((it) => it == null || typeof it === 'number');
        const pictures = sample.some((it) => cellImage(it) !== null);
        return {
          id: `${at}`,
          header: column.name || `column ${at + 1}`,
          sub: column.type,
          value: (row: Row) => plain(row.values[at]),
          width: pictures ? 110 : widthOf([column.name, column.type, ...sample.map(plain)]),
          ...(numeric ? { align: 'right' as const } : {}),
          ...(pictures ? { cell: (row: Row) => <CellImage run={run} value={row.values[at]} /> } : {}),
        };
      }),
    [head, rows, run],
  );
  const total = pages.at(-1)?.total ?? undefined;
  const pictures = columns.some((column) => column.cell);
  return (
    <DataGrid
      label={path}
      rows={rows}
      columns={columns}
      rowKey={(row) => String(row.index)}
      onEnd={onEnd}
      total={total}
      dense
      {...(pictures ? { rowHeight: 84 } : {})}
      maxHeight={maxHeight ?? 400}
      toolbar={
        total === undefined ? (
          <Text size="xs" c="dimmed">
            {counted(rows.length, 'row')} so far
          </Text>
        ) : null
      }
      empty="The table has no rows."
    />
  );
}

/** Room for what the first rows have in a column, in pixels. */
function widthOf(texts: readonly unknown[]): number {
  const longest = Math.max(...texts.map((text) => String(text ?? '').length));
  return Math.min(320, Math.max(88, 32 + longest * 8));
}

function plain(value: unknown): string | number | boolean | null {
  return value === null || value === undefined || ['string', 'number', 'boolean'].includes(typeof value)
    ? ((value ?? null) as string | number | boolean | null)
    : JSON.stringify(value);
}
