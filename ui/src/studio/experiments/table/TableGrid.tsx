import { Button } from '@mantine/core';
import { useCallbackRef } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { Afterwards } from '@/kit/Afterwards';
import { NoMatch } from '@/kit/EmptyState';
import { ErrorState } from '@/kit/ErrorState';
import { DataGrid } from '@/kit/grid/DataGrid';
import { useFollow } from '@/kit/Link';
import { IconUp } from '@/kit/icons';
import { Loading } from '@/kit/Page';
import { useRunColours } from '@/kit/runColours';
import { isOver } from '@/kit/status';
import { runHref } from '../runColumns';
import { BulkBar } from './BulkBar';
import { Nothing } from './Nothing';
import { countOf } from './ask';
import { gridColumns } from './cells';
import { ColumnPicker } from './ColumnPicker';
import type { Direction } from './columns';
import { readWidths, writeWidths, type TableSearch } from './state';
import { summaryOf, type TableRow } from './tree';
import { useLive } from './useLive';
import type { useQuestion } from './useQuestion';
import { useTable } from './useTable';
import classes from './table.module.css';

interface Props {
  search: TableSearch;
  question: ReturnType<typeof useQuestion>;
  /** The one whose runs these are, where it is one. */
  experiment: string | undefined;
  directions: Readonly<Record<string, Direction>>;
  filters: ReactNode;
  onDirection: (metric: string, direction: Direction) => void;
  onChange: (change: Partial<TableSearch>) => void;
  /** What the server says is wrong with the search. */
  onProblem: (problem: Problem | null) => void;
}

const IN_ADDRESS = 40; // so many chosen runs are kept in the address

export function TableGrid(props: Props) {
  const { search, question, directions, onChange, onProblem } = props;
  const { where, orders, wanted, by, fetch, below, specs, columns, experiments } = question;
  const cache = useQueryClient();
  // counting takes the server longer than the first rows, and would be in their way
  const [answered, setAnswered] = useState(false);
  const counted = useQuery({ ...countOf(where), enabled: answered });
  const table = useTable({
    fetch,
    below,
    orders,
    columns: wanted,
    counted: by.length > 0 || counted.isPlaceholderData ? undefined : counted.data?.total,
  });
  const { list, rows, toggle, more, open } = table;
  // the head of groups comes with them: rows that still stand would be drawn anew under it, and be gone a moment later
  const [group, setGroup] = useState(search.group);
  if (!list.stale && group?.join() !== search.group?.join()) setGroup(search.group);
  if (list.pages && !answered) setAnswered(true);
  const [picked, setPicked] = useState<readonly string[]>(search.sel ?? []);
  const [all, setAll] = useState<object | null>(null); // the question whose every run is meant
  const everything = all === where;
  const colours = useRunColours();

  const error = list.error ? Problem.from(list.error) : null;
  const ofSearch = error?.status === 400;
  useEffect(() => {
    onProblem(ofSearch ? error : null);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the problem is made anew at each look
  }, [ofSearch, list.error, onProblem]);

  const visible = useMemo(() => rows.flatMap((row) => (row.kind === 'run' ? [row.record] : [])), [rows]);
  const fresh = useLive({
    where,
    columns: wanted,
    running: useMemo(() => visible.some((record) => !isOver(record.run.state)), [visible]),
    onScreen: table.onScreen,
    mark: counted.isPlaceholderData ? undefined : counted.data?.mark,
    patch: table.patch,
    retry: error && !ofSearch ? list.refresh : undefined,
  });
  const refresh = () => {
    list.refresh();
    void cache.invalidateQueries({ queryKey: ['run-table'] });
    void cache.invalidateQueries({ queryKey: ['experiments', 'summaries'] });
  };
  const select = (keys: readonly string[]) => {
    setPicked(keys);
    setAll(null);
    onChange({ sel: keys.length > 0 && keys.length <= IN_ADDRESS ? [...keys] : undefined });
  };

  const opens = rows.some((row) => row.kind === 'group' || (row.kind === 'run' && row.record.children > 0));
  // once one was seen the room stays, so that names do not jump while the table is scrolled
  const [arrowsOf, setArrowsOf] = useState<object | null>(null);
  if (opens && arrowsOf !== where) setArrowsOf(where);
  const arrows = opens || arrowsOf === where;
  const onToggle = useCallbackRef((row: TableRow) =>
    toggle(row, table.first + rows.findIndex((other) => other.key === row.key)),
  );
  const onMore = useCallbackRef((row: Extract<TableRow, { kind: 'more' }>) =>
    more(row.branch, parentOf(rows, row) ?? { kind: 'pending', key: row.branch }),
  );
  const grid = useMemo(() => {
    void colours; // cells read the book of colours
    return gridColumns(specs, {
      chosen: directions,
      isOpen: (row) => open.has(row.key),
      onToggle,
      onMore,
      arrows,
      groupedBy: (group ?? []).map((id) => id.replace(/^[pt]\./, '')),
    });
  }, [specs, directions, open, colours, arrows, group, onToggle, onMore]);
  const follow = useFollow();

  if (!list.pages) {
    if (error && !ofSearch) return <ErrorState error={error} onRetry={list.refresh} />;
    return error ? <NoMatch onClear={() => onChange({ q: undefined })} /> : <Loading rows={10} />;
  }
  const chosen = visible.filter((record) => picked.includes(record.run.id)).map((record) => record.run);
  const total = by.length > 0 ? (counted.data?.total ?? table.baseTotal) : table.baseTotal;
  return (
    <div
      className={classes.stale}
      data-stale={(list.stale && !error) || undefined}
      aria-busy={list.stale && !error}
    >
      {error && !ofSearch ? <ErrorState error={error} onRetry={list.refresh} inline /> : null}
      {picked.length > 0 ? (
        <BulkBar
          selected={picked}
          everything={everything}
          total={total}
          where={where}
          bin={search.bin ?? false}
          known={chosen}
          onEverything={() => setAll(where)}
          onClear={() => select([])}
          onChanged={refresh}
          onPatch={() => refresh()}
        />
      ) : null}
      <DataGrid<TableRow>
        label="Runs"
        rows={rows}
        first={table.first}
        total={table.total}
        onWindow={table.onWindow}
        summary={summaryOf(total, by.length > 0 ? table.baseTotal : undefined)}
        listKey={JSON.stringify([where, search.sort, group])}
        columns={grid}
        rowKey={(row) => row.key}
        onOpen={(row) => {
          if (row.kind === 'run') follow(runHref(row.record.run));
          else if (row.kind === 'group') toggle(row, table.first + rows.indexOf(row));
          else if (row.kind === 'more') onMore(row);
        }}
        onUnfold={(row, wanted) => {
          const opens = row.kind === 'group' || (row.kind === 'run' && row.record.children > 0);
          if (opens && open.has(row.key) !== wanted) onToggle(row);
        }}
        sort={search.sort}
        onSort={(sort) => onChange({ sort })}
        sortedByServer
        hidden={[]}
        onHidden={() => undefined}
        widths={readWidths(search.w)}
        onWidths={(widths) => onChange({ w: writeWidths(widths) })}
        pinned={Number(search.pin ?? 1)}
        selected={picked}
        onSelect={select}
        selectable={(row) => row.kind === 'run'}
        keysBetween={table.keysBetween}
        faded={(row) =>
          row.kind === 'run' && (row.record.run.lifecycle === 'deleted') !== (search.bin ?? false)
        }
        maxHeight={`calc(100dvh - ${picked.length > 0 ? 336 : 290}px)`}
        picker={
          <ColumnPicker
            experiments={experiments}
            chosen={columns}
            pinned={Number(search.pin ?? 1)}
            directions={directions}
            onChange={(cols) => onChange({ cols })}
            onPinned={(pin) => onChange({ pin: pin === 1 ? undefined : String(pin) })}
            onDirection={props.onDirection}
          />
        }
        toolbar={
          <>
            <Afterwards height={30}>{props.filters}</Afterwards>
            {fresh > 0 ? (
              <Button
                variant="light"
                size="compact-sm"
                leftSection={<IconUp size={14} aria-hidden />}
                onClick={refresh}
                aria-live="polite"
              >
                {count(fresh)} new {fresh === 1 ? 'run' : 'runs'}
              </Button>
            ) : null}
          </>
        }
        empty={<Nothing search={search} experiment={props.experiment} onChange={onChange} />}
      />
    </div>
  );
}

function parentOf(rows: readonly TableRow[], row: Extract<TableRow, { kind: 'more' }>): TableRow | undefined {
  return rows.find((other) => other.key === row.branch);
}
