import { ActionIcon, Button } from '@mantine/core';
import { between, count, counted, metric } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import type { GridColumn } from '@/kit/grid/types';
import { IconChevronDown, IconRight } from '@/kit/icons';
import { CellLink } from '@/kit/Link';
import { MetricCell } from '@/kit/MetricCell';
import { slotOf } from '@/kit/runColours';
import { RunDuration, RunState } from '@/kit/RunState';
import { RunSwatch } from '@/kit/RunSwatch';
import { isOver } from '@/kit/status';
import { Time } from '@/kit/Time';
import type { Run } from '../queries';
import { runHref } from '../runColumns';
import { ATTRIBUTES, headerOf, metricOf, type ColumnSpec, type Direction } from './columns';
import type { TableRow } from './tree';
import classes from './table.module.css';

interface Options {
  chosen: Readonly<Record<string, Direction>>;
  isOpen: (row: TableRow) => boolean;
  onToggle: (row: TableRow) => void;
  onMore: (row: Extract<TableRow, { kind: 'more' }>) => void;
  /** Some row can be opened: the names of all leave room for the arrow. */
  arrows: boolean;
  /** How the groups' values are called. */
  groupedBy: readonly string[];
}

/** The grid's columns for the chosen ones of the table. */
export function gridColumns(specs: readonly ColumnSpec[], options: Options): GridColumn<TableRow>[] {
  return specs.map((spec) =>
    spec.family === 'attribute' ? attribute(spec, options) : recorded(spec, options),
  );
}

function attribute(spec: ColumnSpec, options: Options): GridColumn<TableRow> {
  const known = ATTRIBUTES[spec.key];
  return {
    id: spec.id,
    header:
      spec.key === 'name' && options.groupedBy.length > 0 ? options.groupedBy.join(' · ') : headerOf(spec),
    width: known?.width ?? 120,
    sortable: Boolean(known?.order),
    ...(known?.right ? { align: 'right' as const } : {}),
    ...(spec.key === 'name' ? { grow: true } : {}),
    value: (row) => (row.kind === 'run' ? valueOf(row.record.run, spec.key) : null),
    cell: (row) => {
      if (spec.key === 'name') return <NameCell row={row} options={options} />;
      if (row.kind === 'pending') return <span className={classes.bone} data-waiting />;
      return row.kind === 'run' ? runCell(row.record.run, spec.key) : null;
    },
  };
}

function recorded(spec: ColumnSpec, { chosen, groupedBy }: Options): GridColumn<TableRow> {
  const number = spec.family === 'metric';
  const value = (row: TableRow): string | number | null => {
    if (row.kind === 'group') return row.group.metrics[spec.key]?.mean ?? null;
    if (row.kind !== 'run') return null;
    if (spec.family === 'metric') {
      const found = metricOf(row.record, spec, chosen);
      return found?.special ?? found?.value ?? null;
    }
    return (spec.family === 'param' ? row.record.params : row.record.tags)[spec.key] ?? null;
  };
  return {
    id: spec.id,
    header: headerOf(spec),
    width: number ? (groupedBy.length > 0 ? 176 : 104) : 116,
    ...(number ? { align: 'right' as const } : {}),
    value,
    cell: (row) => {
      if (row.kind === 'pending') return <span className={classes.bone} data-waiting />;
      if (row.kind === 'group') return number ? <SpreadCell row={row} name={spec.key} /> : null;
      if (row.kind !== 'run') return null;
      const found = value(row);
      if (found === null) return <span className={classes.missing}>–</span>;
      if (typeof found === 'number') return <MetricCell value={found} name={headerOf(spec)} />;
      return <span title={found}>{found}</span>;
    },
  };
}

function SpreadCell({ row, name }: { row: Extract<TableRow, { kind: 'group' }>; name: string }) {
  const spread = row.group.metrics[name];
  if (!spread) return <span className={classes.bone} data-waiting />;
  if (spread.mean == null) return <span className={classes.missing}>–</span>;
  const range = `${metric(spread.min, 3)} … ${metric(spread.max, 3)}`;
  return (
    <span title={`Mean of ${counted(spread.count, 'run')}; ${range}`}>
      {metric(spread.mean)} <small className={classes.detail}>{range}</small>
    </span>
  );
}

function NameCell({ row, options }: { row: TableRow; options: Options }) {
  if (row.kind === 'pending') return <span className={classes.bone} data-waiting />;
  if (row.kind === 'more')
    return (
      <span className={classes.name} style={{ paddingLeft: row.depth * 20 }}>
        <Button variant="subtle" size="compact-xs" onClick={() => options.onMore(row)}>
          {row.left > 0 ? `Show more of ${count(row.left)}` : 'Loading…'}
        </Button>
      </span>
    );
  const opens = row.kind === 'group' || row.record.children > 0;
  const open = options.isOpen(row);
  const label =
    row.kind === 'group' ? row.group.values.map((v) => v ?? 'none').join(' · ') : row.record.run.name;
  return (
    <span className={classes.name} style={{ paddingLeft: row.kind === 'run' ? row.depth * 20 : 0 }}>
      {opens ? (
        <ActionIcon
          size={24}
          tabIndex={-1}
          aria-label={`${open ? 'Close' : 'Open'} ${label}`}
          aria-expanded={open}
          onClick={() => options.onToggle(row)}
        >
          {open ? <IconChevronDown size={14} /> : <IconRight size={14} />}
        </ActionIcon>
      ) : options.arrows ? (
        <span className={classes.leaf} />
      ) : null}
      {row.kind === 'group' ? (
        <>
          <span className={classes.group} title={label}>
            {label}
          </span>
          <small className={classes.detail}>{count(row.group.count)}</small>
        </>
      ) : (
        <>
          <RunSwatch slot={slotOf(row.record.run.id)} />
          <CellLink href={runHref(row.record.run)} className={classes.link ?? ''} title={label}>
            {label}
          </CellLink>
          {row.record.children > 0 ? (
            <small className={classes.detail} title={`${row.record.children} child runs`}>
              {count(row.record.children)}
            </small>
          ) : null}
        </>
      )}
    </span>
  );
}

function valueOf(run: Run, key: string): string | number | null {
  switch (key) {
    case 'created':
      return run.started_at ?? run.created_at;
    case 'ended':
      return run.ended_at ?? null;
    case 'duration':
      return between(run.started_at ?? run.created_at, run.ended_at);
    case 'progress':
      return run.progress?.label ?? null;
    case 'removal':
      return run.remove_at ?? null;
    default: {
      const value = (run as unknown as Record<string, unknown>)[key];
      return typeof value === 'string' || typeof value === 'number' ? value : null;
    }
  }
}

function runCell(run: Run, key: string) {
  switch (key) {
    case 'state':
      return <RunState run={run} />;
    case 'experiment':
      return <CellLink href={at(['experiments'], { exp: run.experiment_id })}>{run.experiment}</CellLink>;
    case 'created':
      return <Time at={run.started_at ?? run.created_at} />;
    case 'ended':
      return run.ended_at ? <Time at={run.ended_at} /> : null;
    case 'removal':
      return run.remove_at ? new Date(run.remove_at).toISOString().slice(0, 10) : null;
    case 'duration':
      return <RunDuration run={run} />;
    case 'id':
      return <Id value={run.id} />;
    case 'progress': {
      if (!run.progress || isOver(run.state)) return null;
      const { done, total, label } = run.progress;
      const share = total ? `${Math.min(100, Math.floor((done / total) * 100))}%` : '';
      return <span title={label}>{[share, label].filter(Boolean).join(' · ')}</span>;
    }
    default: {
      const value = valueOf(run, key);
      return value === null ? (
        <span className={classes.missing}>–</span>
      ) : (
        <span title={String(value)}>{value}</span>
      );
    }
  }
}
