import { useMemo, useState, type KeyboardEvent } from 'react';
import { IconChevronDown, IconRight } from '@/kit/icons';
import { extent, placed } from './tree';
import type { Trace } from './queries';
import { took } from './words';
import classes from './traces.module.css';

interface Props {
  trace: Trace;
  selected: string;
  onSelect: (span: string) => void;
}

/** Spans as a tree beside a waterfall: arrows move, left and right close and open. */
export function SpanTree({ trace, selected, onSelect }: Props) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => placed(trace.steps, closed), [trace.steps, closed]);
  const [low, high] = useMemo(() => extent(trace.steps, trace.duration_ms), [trace]);
  const toggle = (id: string, close: boolean) =>
    setClosed((old) => {
      const next = new Set(old);
      if (close) next.add(id);
      else next.delete(id);
      return next;
    });
  const move = (event: KeyboardEvent) => {
    const index = rows.findIndex((row) => row.span.id === selected);
    const row = rows[index];
    const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      if (next) {
        onSelect(next.span.id);
        document.getElementById(`span-${next.span.id}`)?.scrollIntoView({ block: 'nearest' });
      }
    } else if (event.key === 'ArrowLeft' && row) {
      if (row.children > 0 && !closed.has(selected)) toggle(selected, true);
      else if (row.span.parent && rows.some((one) => one.span.id === row.span.parent))
        onSelect(row.span.parent);
    } else if (event.key === 'ArrowRight' && row) toggle(selected, false);
    else return;
    event.preventDefault();
  };
  return (
    <div
      role="tree"
      aria-label="Spans"
      aria-activedescendant={`span-${selected}`}
      tabIndex={0}
      className={classes.tree}
      onKeyDown={move}
    >
      {rows.map(({ span, depth, children }) => {
        const open = !closed.has(span.id);
        const Arrow = open ? IconChevronDown : IconRight;
        return (
          <div
            key={span.id}
            id={`span-${span.id}`}
            role="treeitem"
            aria-level={depth + 1}
            aria-expanded={children > 0 ? open : undefined}
            aria-selected={span.id === selected}
            className={classes.row}
            onClick={() => onSelect(span.id)}
          >
            <span className={classes.name} style={{ paddingLeft: depth * 14 }}>
              {children > 0 ? (
                <button
                  type="button"
                  tabIndex={-1}
                  aria-hidden
                  className={classes.arrow}
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(span.id, open);
                  }}
                >
                  <Arrow size={14} />
                </button>
              ) : (
                <span className={classes.arrow} />
              )}
              <span className={classes.label}>{span.name}</span>
              {span.type && span.type !== 'UNKNOWN' ? (
                <small>{span.type.toLowerCase().replaceAll('_', ' ')}</small>
              ) : null}
            </span>
            <span className={classes.lane} aria-hidden>
              <span
                className={classes.bar}
                data-failed={span.status === 'ERROR' || undefined}
                style={{
                  left: `${(100 * (span.offset_ms - low)) / (high - low)}%`,
                  width: `${(100 * (span.duration_ms ?? high - span.offset_ms)) / (high - low)}%`,
                }}
              />
            </span>
            <span className={classes.took}>
              {span.status === 'ERROR' ? <span className={classes.hidden}>error, </span> : null}
              {took(span.duration_ms)}
            </span>
          </div>
        );
      })}
    </div>
  );
}
