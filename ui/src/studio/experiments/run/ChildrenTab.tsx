import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { count } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import { compare, parseSort } from '@/kit/grid/model';
import type { GridColumn } from '@/kit/grid/types';
import { EmptyState } from '@/kit/EmptyState';
import { IconChevronDown, IconRight } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { RunSwatch, slotsOf } from '@/kit/RunSwatch';
import { isOver, statusOf } from '@/kit/status';
import { metricColumns } from '../metricColumns';
import type { Run } from '../queries';
import { runColumns, runHref } from '../runColumns';
import type { RunSearch } from './search';
import { useRecords } from '../useRecords';
import { runBranch, type RunNode } from './queries';
import classes from './overview.module.css';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch) => void;
}

interface Row extends Run {
  depth: number;
  children: number;
  open: boolean;
}

export function ChildrenTab(props: Props) {
  const query = useQuery(runBranch(props.run.id, !isOver(props.run.state)));
  return (
    <Answer query={query}>
      {(nodes) =>
        nodes.length === 0 ? (
          <EmptyState
            title="No child runs"
            code={
              'import mlflow\n\nwith mlflow.start_run(run_name="search"):\n    for depth in (2, 4, 8):\n        with mlflow.start_run(run_name=f"depth {depth}", nested=True):\n            mlflow.log_metric("auc", train(depth))'
            }
          >
            Runs started within a run, such as the trials of a search, are its children.
          </EmptyState>
        ) : (
          <Tree {...props} nodes={nodes} />
        )
      }
    </Answer>
  );
}

function Tree({ run, search, change, nodes }: Props & { nodes: readonly RunNode[] }) {
  const opened = useMemo(() => search.open ?? [], [search.open]);
  const live = !isOver(run.state);
  const below = useQueries({
    queries: opened.map((id) => runBranch(id, live)),
    combine: (answers) =>
      new Map(
        answers.flatMap((answer, index) =>
          answer.data ? [[opened[index] ?? '', answer.data] as const] : [],
        ),
      ),
  });
  const flat = useMemo(() => rowsOf(nodes, below, opened, 0), [nodes, below, opened]);
  const records = useRecords(flat);
  const slots = useMemo(() => slotsOf(flat.map((child) => child.id)), [flat]);
  const measured = useMemo(() => metricColumns(records), [records]);
  const columns = useMemo(() => {
    const toggle = (id: string) => {
      const next = opened.includes(id) ? opened.filter((it) => it !== id) : [...opened, id];
      change({ open: next.length > 0 ? next : undefined });
    };
    const base = runColumns(slots, {
      experiment: false,
      measured: measured.columns,
    }) as unknown as GridColumn<Row>[];
    return base.map((column) =>
      column.id === 'name'
        ? {
            ...column,
            width: 260,
            cell: (row: Row) => <Name row={row} slot={slots.get(row.id) ?? 0} onToggle={toggle} />,
          }
        : column,
    );
  }, [slots, measured, opened, change]);
  const rows = useMemo(
    () => rowsOf(nodes, below, opened, 0, sorter(search.sort, columns)),
    [nodes, below, opened, search.sort, columns],
  );
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  return (
    <DataGrid
      label="Child runs"
      rows={rows}
      columns={columns}
      rowKey={(child) => child.id}
      href={runHref}
      sort={search.sort}
      sortedByServer
      hidden={picked ?? ['id', 'error', 'progress', 'user', ...measured.hidden]}
      onHidden={setPicked}
      onSort={(sort) => change({ sort })}
      maxHeight="calc(100dvh - 300px)"
      toolbar={<span role="status">{tally(nodes.map((node) => node.run))}</span>}
      empty="This run has no children."
    />
  );
}

/** The children in sight, each followed by its own where it is open; siblings in the wanted order. */
export function rowsOf(
  nodes: readonly RunNode[],
  below: ReadonlyMap<string, readonly RunNode[]>,
  opened: readonly string[],
  depth: number,
  order: (rows: Row[]) => Row[] = (rows) => rows,
): Row[] {
  const rows = nodes.map((node): Row => ({
    ...node.run,
    depth,
    children: node.children,
    open: opened.includes(node.run.id),
  }));
  return order(rows).flatMap((row) => [
    row,
    ...(row.open ? rowsOf(below.get(row.id) ?? [], below, opened, depth + 1, order) : []),
  ]);
}

function sorter(sort: string | undefined, columns: readonly GridColumn<Row>[]): (rows: Row[]) => Row[] {
  const [by] = parseSort(sort);
  const column = columns.find((it) => it.id === by?.id);
  if (!by || !column) return (rows) => rows;
  return (rows) =>
    [...rows].sort((a, b) => {
      const [x, y] = [column.value(a), column.value(b)];
      if (x == null || y == null) return Number(x == null) - Number(y == null);
      return by.desc ? compare(y, x) : compare(x, y);
    });
}

function Name({ row, slot, onToggle }: { row: Row; slot: number; onToggle: (id: string) => void }) {
  const Arrow = row.open ? IconChevronDown : IconRight;
  return (
    <span className={classes.name} style={{ paddingLeft: row.depth * 20 }}>
      {row.children > 0 ? (
        <button
          type="button"
          className={classes.toggle}
          aria-expanded={row.open}
          aria-label={`${count(row.children)} children of ${row.name}`}
          onClick={(event) => {
            event.stopPropagation();
            event.preventDefault();
            onToggle(row.id);
          }}
          onKeyDown={(event) => event.stopPropagation()}
        >
          <Arrow size={14} aria-hidden />
        </button>
      ) : (
        <span className={classes.leaf} />
      )}
      <RunSwatch slot={slot} /> {row.name}
    </span>
  );
}

/** "12 completed, 2 running": in order of how many. */
export function tally(rows: readonly Run[]): string {
  const words = new Map<string, number>();
  for (const row of rows) {
    const word = statusOf(row.state).word.toLowerCase();
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return [...words]
    .sort((a, b) => b[1] - a[1])
    .map(([word, number]) => `${count(number)} ${word}`)
    .join(', ');
}
