import { useCallback, useEffect, useRef, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { follow } from '@/kernel/sse';
import { LogWindow, type Chunk } from './logWindow';

const TAIL = 1_000_000; // of a longer log, only the end is read at first
const BEFORE = 200_000; // bytes before a line that was jumped to
const AFTER = 1_000_000;
const MISSING_MS = 1500;

export type LogState = 'reading' | 'following' | 'ended' | 'waiting' | 'reconnecting' | 'refused' | 'paused';

/** How a log stands, as it is told above its lines. */
export const STATE_WORDS: Record<LogState, string> = {
  reading: 'reading',
  following: 'following',
  ended: 'ended',
  waiting: 'waiting for the first line',
  reconnecting: 'reconnecting',
  refused: 'not readable',
  paused: 'there is more',
};

/** Where a log is read and followed. missing: what is answered while there is none. */
export interface LogSource {
  missing: string;
  read: (offset: number, numbered: boolean, signal: AbortSignal) => Promise<Chunk>;
  stream: (offset: number) => string;
}

export interface Log {
  lines: readonly string[];
  firstLine: number;
  /** Bytes before the first line, bytes read, bytes there are. */
  start: number;
  end: number;
  size: number;
  state: LogState;
  problem: Problem | null;
}

const EMPTY: Log = { lines: [], firstLine: 1, start: 0, end: 0, size: 0, state: 'reading', problem: null };

/** Where to read: the end as it grows, or around a byte; `first`: from the very start. */
export type LogPlace = { at: 'end' } | { at: 'byte'; offset: number };

/** A log around a place. Only a part of a long log is ever held; the end is followed as it is written. source: made once for each log. */
export function useLog(
  source: LogSource,
  over: boolean,
): Log & { go: (place: LogPlace) => void; more: () => void } {
  const [log, setLog] = useState<Log>(EMPTY);
  const [place, setPlace] = useState<LogPlace>({ at: 'end' });
  const ended = useRef(over); // read where it is needed: the end of the run must not start the log again
  const onward = useRef<(() => void) | null>(null);
  useEffect(() => {
    ended.current = over;
  }, [over]);
  useEffect(() => {
    const stop = new AbortController();
    const held = new LogWindow();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let frame = 0;
    const show = (state: LogState, problem: Problem | null = null) => {
      cancelAnimationFrame(frame); // many pieces a second become one drawing
      frame = requestAnimationFrame(() => {
        const { firstLine, start, end, size } = held;
        setLog({ lines: held.lines(), firstLine, start, end, size, state, problem });
      });
    };
    const read = (offset: number): Promise<Chunk> => source.read(offset, held.end === 0, stop.signal);
    const upTo = async (first: number, bytes: number) => {
      let chunk = await read(first);
      held.push(chunk);
      while (chunk.text && chunk.next < chunk.size && held.end - held.start < bytes) {
        show('reading');
        chunk = await read(held.end);
        held.push(chunk);
      }
    };
    const live = () =>
      follow(
        source.stream(held.end),
        {
          onOpen: () => show('following'),
          onLost: (problem) => show('reconnecting', problem),
          onEvent: (event) => {
            if (event.type === 'restart') return void setPlace({ at: 'end' }); // a new attempt has a new log
            if (event.type !== 'message') return;
            held.push(JSON.parse(event.data) as Chunk);
            show('following');
          },
          onEnd: () => show('ended'),
        },
        stop.signal,
      );
    const begin = async () => {
      try {
        if (place.at === 'byte') {
          await upTo(Math.max(0, place.offset - BEFORE), BEFORE + AFTER);
          onward.current = () =>
            void upTo(held.end, held.end - held.start + AFTER).then(() => show('paused'));
          show(held.end < held.size ? 'paused' : ended.current ? 'ended' : 'following');
          if (held.end >= held.size && !ended.current) await live();
          return;
        }
        await upTo(-TAIL, Infinity);
        show(ended.current ? 'ended' : 'following');
        if (!ended.current) await live();
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = Problem.from(error);
        const wait = problem.code === source.missing && !ended.current;
        const lost = problem.status === 0 || problem.status >= 500;
        show(wait ? 'waiting' : lost ? 'reconnecting' : 'refused', problem);
        if (wait || lost) timer = setTimeout(() => void begin(), MISSING_MS);
      }
    };
    void begin();
    return () => {
      stop.abort();
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }, [source, place]);
  const more = useCallback(() => onward.current?.(), []);
  return { ...log, go: setPlace, more };
}
