import { ActionIcon, Popover } from '@mantine/core';
import { useState } from 'react';
import { count, metric, percent } from '@/kernel/format';
import { Bars } from '@/kit/charts/Bars';
import { IconDown, IconFilter, IconPinFilled, IconUp } from '@/kit/icons';
import { FilterForm } from './FilterForm';
import { TypeIcon } from './TypeIcon';
import { isMoment, type Column, type ColumnSummary, type Condition } from './types';
import classes from './explore.module.css';

interface Props {
  column: Column;
  summary: ColumnSummary | undefined;
  /** Of the whole table, whatever the filter. */
  whole: ColumnSummary | undefined;
  /** There is a filter, and the summary is not yet of the rows that it leaves. */
  stale: boolean;
  /** Rows that the summary looked at. */
  looked: number;
  order: 'ascending' | 'descending' | undefined;
  pinned: boolean;
  condition: Condition | undefined;
  onSort: (beside: boolean) => void;
  onFilter: (next: Condition | undefined) => void;
  onPin: () => void;
  onHide: () => void;
}

export function endText(value: unknown, type: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return type === 'integer' ? count(value) : metric(value, 3);
  const text = String(value);
  return isMoment(type) ? text.slice(0, 10) : text;
}

const gone = (share: number) => `${percent(share, share < 0.01 ? 2 : 0)} missing`;

/** What a column is, how its values lie, how many are missing; sorts by a click, filters by the funnel. */
export function ColumnHead(props: Props) {
  const { column, summary, looked, order, condition } = props;
  const [open, setOpen] = useState(false);
  const missing = summary && looked > 0 ? summary.missing / looked : 0;
  return (
    <>
      <div className={classes.headTop}>
        <TypeIcon type={column.type} stored={column.stored} />
        <button
          type="button"
          tabIndex={-1}
          className={classes.name}
          title={`${column.name} (${column.stored || column.type}). Sort; hold Shift to sort by several columns`}
          onClick={(event) => props.onSort(event.shiftKey)}
        >
          <span>{column.name}</span>
          {order === 'ascending' ? <IconUp size={12} aria-hidden /> : null}
          {order === 'descending' ? <IconDown size={12} aria-hidden /> : null}
          {props.pinned ? <IconPinFilled size={11} aria-label="pinned" /> : null}
        </button>
        <Popover opened={open} onChange={setOpen} position="bottom-start" width={300} withinPortal trapFocus>
          <Popover.Target>
            <ActionIcon
              size={24}
              variant={condition ? 'light' : 'subtle'}
              aria-label={`Filter ${column.name}`}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              <IconFilter size={14} />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown>
            <FilterForm
              key={JSON.stringify(condition)}
              column={column}
              summary={props.whole}
              condition={condition}
              pinned={props.pinned}
              onApply={(next) => {
                props.onFilter(next);
                setOpen(false);
              }}
              onPin={props.onPin}
              onHide={props.onHide}
            />
          </Popover.Dropdown>
        </Popover>
      </div>
      <div className={classes.chart} data-stale={props.stale || undefined}>
        <Shape column={column} summary={summary} />
        {summary?.histogram && missing > 0 ? <span className={classes.gone}>{gone(missing)}</span> : null}
      </div>
      <div className={classes.foot}>
        {props.stale && summary ? (
          <span title="The rows that the filter leaves are still being counted.">of the whole table</span>
        ) : (
          <Foot column={column} summary={summary} missing={missing} />
        )}
      </div>
    </>
  );
}

interface FootProps {
  column: Column;
  summary: ColumnSummary | undefined;
  missing: number;
}

function Foot({ column, summary, missing }: FootProps) {
  if (!summary) return null;
  if (summary.histogram)
    return (
      <>
        <span>{endText(summary.min, column.type)}</span>
        <span>{endText(summary.max, column.type)}</span>
      </>
    );
  return (
    <>
      <span>{summary.distinct == null ? '' : `${count(summary.distinct)} values`}</span>
      <span>{missing > 0 ? gone(missing) : ''}</span>
    </>
  );
}

function Shape({ column, summary }: { column: Column; summary: ColumnSummary | undefined }) {
  if (summary?.histogram) {
    return (
      <Bars
        values={summary.histogram.counts}
        height={30}
        label={`${column.name} from ${endText(summary.min, column.type)} to ${endText(summary.max, column.type)}`}
      />
    );
  }
  return (
    <div className={classes.top}>
      {(summary?.top ?? []).slice(0, 2).map((top) => (
        <div key={top.value} className={classes.topRow}>
          <i style={{ width: `${Math.min(100, top.share * 100)}%` }} />
          <span>{top.value === '' ? 'empty text' : top.value}</span>
          {top.share >= 0.01 ? <span>{percent(top.share, 0)}</span> : null}
        </div>
      ))}
    </div>
  );
}
