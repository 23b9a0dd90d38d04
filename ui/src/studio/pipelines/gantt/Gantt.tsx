import { Group, SegmentedControl, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent } from 'react';
import { duration, moment } from '@/kernel/format';
import { IconChevronDown, IconRight } from '@/kit/icons';
import { isOver, statusOf } from '@/kit/status';
import { useNow } from '@/kit/Time';
import { listed, type Tree } from '../graph/tree';
import type { Step } from '../queries';
import { titleOf } from '../words';
import { barOf, spanOf, ticksOf, type Span, type Times } from './scale';
import { timesOf } from './times';
import classes from './gantt.module.css';

interface Props {
  tree: Tree<Step>;
  /** When the run was made. */
  made: string;
  toggled: readonly string[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  onFold: (id: string) => void;
  wide: number;
  onWide: (wide: number) => void;
}

const ROW = 30;
const NAMES = 260; // as in the style sheet
const TICK = 110; // pixels a tick takes at least
const LIVE_MS = 500;
const NEVER: Times = { queued: null, started: null, ended: null, over: false };

/** When each step waited and ran, on one line of time that moves while something runs. */
export function Gantt({ tree, made, toggled, selected, onSelect, onFold, wide, onWide }: Props) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const { ref, width } = useElementSize<HTMLDivElement>();
  const rows = useMemo(() => listed(tree, new Set(toggled)), [tree, toggled]);
  const times = useMemo(() => timesOf([...tree.byId.values()], made), [tree, made]);
  const live = [...tree.byId.values()].some((step) => !isOver(step.state));
  const now = useNow(live ? LIVE_MS : 0);
  const { from, to } = spanOf([...times.values()], now);
  const span = { from, to: to + (to - from) * 0.02 }; // the last bar does not end at the very edge
  const chart = Math.max(240, (width || 900) - NAMES) * wide;
  const ticks = ticksOf(span, chart / TICK);
  const chosen = rows.findIndex((row) => row.step.id === selected);
  const [active, setActive] = useState(Math.max(0, chosen));
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    scrollPaddingStart: 32, // the head covers as much
    overscan: 10,
  });
  useEffect(() => {
    if (chosen >= 0) virtual.scrollToIndex(chosen);
    // eslint-disable-next-line react-hooks/exhaustive-deps -- only when another step is chosen, not at each new row
  }, [selected]);

  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    const last = rows.length - 1;
    const to: Record<string, number> = {
      ArrowDown: Math.min(last, active + 1),
      ArrowUp: Math.max(0, active - 1),
      Home: 0,
      End: last,
      PageDown: Math.min(last, active + 10),
      PageUp: Math.max(0, active - 10),
    };
    const next = to[event.key];
    if (next !== undefined) {
      setActive(next);
      virtual.scrollToIndex(next);
    } else if ((event.key === 'Enter' || event.key === ' ') && row) onSelect(row.step.id);
    else if (event.key === 'ArrowRight' && row?.open === false) onFold(row.step.id);
    else if (event.key === 'ArrowLeft' && row?.open) onFold(row.step.id);
    else if (event.key === 'Escape' && selected) onSelect(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div className={classes.gantt} ref={ref}>
      <Group justify="space-between" gap="sm">
        <Group gap="md" component="ul" className={classes.legend ?? ''} aria-label="What the colours mean">
          <li data-part="waited">waited</li>
          <li data-tone="running">runs</li>
          <li data-tone="completed">completed</li>
          <li data-tone="failed">failed</li>
          <li data-tone="canceled">canceled, skipped</li>
        </Group>
        <SegmentedControl
          size="xs"
          aria-label="Width of the chart"
          value={String(wide)}
          onChange={(value) => onWide(Number(value))}
          data={[1, 2, 5, 20].map((times_) => ({ value: String(times_), label: `${times_}×` }))}
        />
      </Group>
      <div
        ref={scroller}
        className={classes.scroller}
        role="tree"
        aria-label="When the steps ran"
        tabIndex={0}
        aria-activedescendant={rows[active] ? `${id}-${active}` : undefined}
        onKeyDown={onKeyDown}
        style={{ ['--chart' as string]: `${chart}px` }}
      >
        <div className={classes.head} aria-hidden>
          <div className={classes.corner}>Step</div>
          <div className={classes.axis}>
            {ticks.map((tick) => (
              <span key={tick.at} style={{ left: `${tick.at}%` }}>
                {tick.label}
              </span>
            ))}
          </div>
        </div>
        <div className={classes.body} style={{ height: virtual.getTotalSize() }} role="presentation">
          <div className={classes.lines} aria-hidden>
            {ticks.map((tick) => (
              <span key={tick.at} style={{ left: `${tick.at}%` }} />
            ))}
          </div>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            return (
              <Row
                key={row.step.id}
                id={`${id}-${item.index}`}
                {...row}
                times={times.get(row.step.id) ?? NEVER}
                span={span}
                now={now}
                top={item.start}
                active={item.index === active}
                selected={row.step.id === selected}
                onClick={() => {
                  setActive(item.index);
                  onSelect(row.step.id === selected ? undefined : row.step.id);
                }}
                onFold={() => onFold(row.step.id)}
              />
            );
          })}
        </div>
      </div>
      <Text size="xs" c="dimmed">
        Time counts from {moment(new Date(span.from).toISOString())}.
      </Text>
    </div>
  );
}

interface RowProps {
  id: string;
  step: Step;
  depth: number;
  open: boolean | null;
  times: Times;
  span: Span;
  now: number;
  top: number;
  active: boolean;
  selected: boolean;
  onClick: () => void;
  onFold: () => void;
}

function Row({ id, step, depth, open, times, span, now, top, active, selected, onClick, onFold }: RowProps) {
  const status = statusOf(step.state);
  const bar = barOf(times, span, now);
  const words = saidOf(step, times, now);
  const Icon = status.icon;
  return (
    <div
      role="treeitem"
      id={id}
      aria-level={depth + 1}
      aria-expanded={open ?? undefined}
      aria-selected={selected}
      aria-label={words}
      data-active={active || undefined}
      className={classes.row}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onClick}
    >
      <div className={classes.name} style={{ paddingLeft: 8 + depth * 16 }}>
        {open === null ? (
          <span className={classes.noArrow} />
        ) : (
          <span
            className={classes.arrow}
            onClick={(event) => {
              event.stopPropagation();
              onFold();
            }}
          >
            {open ? <IconChevronDown size={14} aria-hidden /> : <IconRight size={14} aria-hidden />}
          </span>
        )}
        <Icon size={14} aria-hidden data-tone={status.tone} />
        <span>{titleOf(step)}</span>
      </div>
      <div className={classes.track} title={words}>
        {bar ? (
          <>
            <span className={classes.waited} style={at(bar.left, bar.waited)} />
            <span
              className={classes.ran}
              data-tone={status.tone}
              data-thin={open !== null || undefined}
              style={at(bar.left + bar.waited, bar.ran)}
            />
          </>
        ) : null}
      </div>
    </div>
  );
}

const at = (left: number, width: number): CSSProperties => ({ left: `${left}%`, width: `${width}%` });

/** `fit: completed, waited 2.0 s, ran 10 s`: what a bar shows. */
export function saidOf(step: Step, { queued, started, ended, over }: Times, now: number): string {
  const end = ended ?? (over ? (started ?? queued ?? now) : now);
  const waited = queued === null ? null : ((started ?? end) - queued) / 1000;
  const ran = started === null ? null : (end - started) / 1000;
  return [
    `${titleOf(step)}: ${statusOf(step.state).word.toLowerCase()}`,
    waited === null ? null : `${started === null && !over ? 'waits' : 'waited'} ${duration(waited)}`,
    ran === null ? null : `${over ? 'ran' : 'runs'} ${duration(ran)}`,
  ]
    .filter(Boolean)
    .join(', ');
}
