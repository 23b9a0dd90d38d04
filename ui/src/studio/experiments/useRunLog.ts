import { useEffect, useRef, useState } from 'react';
import { api, data } from '@/kernel/request';
import { Problem } from '@/kernel/problem';
import { LogBuffer } from '@/kit/log/fold';

const TAIL = 2_000_000; // of a longer log, only the end is read at first
const POLL_MS = 700;
const MISSING_MS = 1500;

export interface RunLog {
  lines: readonly string[];
  /** Bytes before the first line that is shown. */
  skipped: number;
  size: number;
  state: 'reading' | 'following' | 'ended' | 'waiting' | 'reconnecting' | 'refused';
  problem: Problem | null;
}

const EMPTY: RunLog = { lines: [], skipped: 0, size: 0, state: 'reading', problem: null };

/**
 * The log of a run as it grows, read by byte offset; from the start when `whole`, else its last two million bytes.
 * Another run or another `whole` needs another component (`key`).
 */
export function useRunLog(runId: string, over: boolean, whole: boolean): RunLog {
  const [log, setLog] = useState<RunLog>(EMPTY);
  const ended = useRef(over); // read where it is needed: the end of the run must not start the log again
  useEffect(() => {
    ended.current = over;
  }, [over]);
  useEffect(() => {
    const stop = new AbortController();
    const buffer = new LogBuffer();
    let timer: ReturnType<typeof setTimeout>;
    let offset = whole ? 0 : -TAIL;
    let skipped: number | null = null;
    const again = (ms: number) => {
      if (!stop.signal.aborted) timer = setTimeout(() => void read(), ms);
    };
    const read = async () => {
      const over = ended.current; // before asking: what is written between is read once more
      try {
        const chunk = await data(
          api().GET('/experiments/runs/{run_id}/log', {
            params: { path: { run_id: runId }, query: { offset } },
            signal: stop.signal,
          }),
        );
        skipped ??= chunk.offset;
        offset = chunk.next;
        if (chunk.text) buffer.push(chunk.text);
        const behind = chunk.next < chunk.size;
        const state = behind ? 'reading' : over ? 'ended' : 'following';
        setLog({ lines: buffer.view(), skipped, size: chunk.size, state, problem: null });
        if (behind) again(0);
        else if (!over) again(POLL_MS);
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = Problem.from(error);
        if (problem.code === 'experiments.no_log' && !over) {
          setLog((old) => ({ ...old, state: 'waiting', problem }));
          again(MISSING_MS);
        } else if (problem.status === 0 || problem.status >= 500) {
          setLog((old) => ({ ...old, state: 'reconnecting', problem }));
          again(MISSING_MS);
        } else setLog((old) => ({ ...old, state: 'refused', problem }));
      }
    };
    void read();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [runId, whole]);
  return log;
}
