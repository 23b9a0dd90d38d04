import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { count, counted } from '@/kernel/format';
import { segments } from './ansi';
import { matches } from './fold';
import { LogTools } from './LogTools';
import classes from './log.module.css';

interface Props {
  lines: readonly string[];
  /** Number of the first line, when what is before it is not here. */
  firstLine?: number;
  /** "following", "ended", "reconnecting": said beside the line count. */
  state?: string;
  downloadHref?: string | undefined;
  query?: string | undefined;
  onQuery?: ((query: string | undefined) => void) | undefined;
  /** Numbers of lines that were found in the whole log; without it the lines that are here are searched. */
  found?: { lines: readonly number[]; total: number } | undefined;
  /** A line to be shown, by its number; asked for with `onLine` when it is not here. */
  line?: number | undefined;
  onLine?: ((line: number | undefined) => void) | undefined;
  following?: boolean;
  onFollow?: ((following: boolean) => void) | undefined;
  /** More buttons: the first error, earlier lines. */
  tools?: ReactNode;
  /** 'fill': what its place leaves, where that is a column of a given height. */
  height?: number | string;
  label?: string;
}

const LINE = 18;

/** A log as it grows: follows the end, finds text, shows a million lines by drawing only those in view. */
export function LogView(props: Props) {
  const {
    lines,
    firstLine = 1,
    onQuery,
    onLine,
    line,
    height = 'calc(100dvh - 280px)',
    label = 'Log',
  } = props;
  const [ownQuery, setOwnQuery] = useState('');
  const query = onQuery ? (props.query ?? '') : ownQuery;
  const [ownFollowing, setOwnFollowing] = useState(line === undefined);
  const following = props.onFollow ? (props.following ?? false) : ownFollowing;
  const setFollowing = props.onFollow ?? setOwnFollowing;
  const [wrap, setWrap] = useState(false);
  const [hit, setHit] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const found = useMemo(
    () => props.found?.lines ?? matches(lines, query).map((index) => index + firstLine),
    [lines, query, props.found, firstLine],
  );
  const total = props.found?.total ?? found.length;
  const hits = useMemo(() => new Set(found), [found]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const digits = String(firstLine + lines.length).length;

  useEffect(() => {
    if (following && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [following, lines.length, virtual]);
  const place = line === undefined ? -1 : line - firstLine;
  const arrived = place >= 0 && place < lines.length;
  useEffect(() => {
    if (arrived && !following) virtual.scrollToIndex(place, { align: 'center' });
  }, [arrived, place, following, virtual]);

  const step = (by: number) => {
    if (found.length === 0) return;
    const next = (hit + by + found.length) % found.length;
    setHit(next);
    const number = found[next] ?? firstLine;
    setFollowing(false);
    if (onLine) onLine(number);
    else virtual.scrollToIndex(number - firstLine, { align: 'center' });
  };

  return (
    <div className={classes.frame} data-fill={height === 'fill' || undefined}>
      <LogTools
        query={query}
        onQuery={(next) => {
          setHit(0);
          if (onQuery) onQuery(next || undefined);
          else setOwnQuery(next);
        }}
        step={step}
        tally={query ? (total === 0 ? 'no match' : `${count(hit + 1)} of ${count(total)}`) : ''}
        any={found.length > 0}
        facts={`${counted(firstLine + lines.length - 1, 'line')}${props.state ? ` · ${props.state}` : ''}`}
        wrap={wrap}
        onWrap={setWrap}
        following={following}
        onFollow={setFollowing}
        downloadHref={props.downloadHref}
      >
        {props.tools}
      </LogTools>
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ ...(height === 'fill' ? {} : { height }), ['--digits' as string]: `${digits}ch` }}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        data-wrap={wrap || undefined}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollowing(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'End') setFollowing(true);
          if (event.key === 'Home' || event.key === 'PageUp' || event.key === 'ArrowUp') setFollowing(false);
        }}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const number = item.index + firstLine;
            return (
              <div
                key={item.key}
                ref={wrap ? virtual.measureElement : undefined}
                data-index={item.index}
                className={classes.line}
                data-hit={hits.has(number) || undefined}
                data-current={number === line || found[hit] === number || undefined}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <span
                  className={classes.number}
                  aria-hidden
                  onClick={() => {
                    setFollowing(false);
                    onLine?.(number === line ? undefined : number);
                  }}
                >
                  {number}
                </span>
                <span className={classes.text}>
                  {segments(lines[item.index] ?? '').map((piece, index) => (
                    <span key={index} data-colour={piece.colour} data-bold={piece.bold || undefined}>
                      {piece.text}
                    </span>
                  ))}
                </span>
              </div>
            );
          })}
        </div>
        {lines.length === 0 ? <div className={classes.none}>Nothing has been written yet.</div> : null}
      </div>
    </div>
  );
}
