import { useCallback, useEffect, useRef, useState } from 'react';
import { useLiveState, useStudioEvent, type StudioEvent } from '@/kernel/events';
import { isOver } from '@/kit/status';
import { newerThan, recordsPage, type Where } from './ask';
import type { RunRecord } from './columns';

const EACH_MS = 700;
const BEAT_MS = 4000; // progress and metrics of running jobs have no event for each
const MOST = 200;

interface Options {
  where: Where;
  columns: string[];
  /** Some run of those in memory goes on. */
  running: boolean;
  /** Runs that are on the screen now. */
  onScreen: () => readonly RunRecord[];
  /** Where the workspace's newest run was when the list was counted. */
  mark: number | undefined;
  patch: (records: readonly RunRecord[]) => void;
  /** Asks again for a list that did not arrive; absent while all of it did. */
  retry: (() => void) | undefined;
}

/** Rows on the screen change where they stand; new runs are counted and come in when the person asks. */
export function useLive({ where, columns, running, onScreen, mark, patch, retry }: Options): number {
  const [fresh, setFresh] = useState<{ mark: number; count: number } | null>(null);
  const touched = useRef(new Set<string>());
  const born = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const now = useRef({ where, columns, onScreen, mark, patch, retry });
  useEffect(() => {
    now.current = { where, columns, onScreen, mark, patch, retry };
  });
  useEffect(() => () => clearTimeout(timer.current), []);

  const look = useCallback(async () => {
    timer.current = undefined;
    const { where: asked, columns: wanted, onScreen: rows, mark: since, patch: put } = now.current;
    const ids = rows()
      .map((row) => row.run.id)
      .filter((id) => touched.current.has(id));
    touched.current.clear();
    const again = born.current;
    born.current = false;
    try {
      if (ids.length > 0) put(await byId(ids.slice(0, MOST), wanted));
      if (again && since !== undefined) setFresh({ mark: since, count: await newerThan(asked, since) });
    } catch {
      // the next event asks again; what is on the screen stays
    }
  }, []);
  const soon = useCallback(() => {
    timer.current ??= setTimeout(() => void look(), EACH_MS);
  }, [look]);

  useStudioEvent(
    useCallback(
      (event: StudioEvent) => {
        if (!event.kind.startsWith('run.')) return;
        if (event.kind === 'run.created') born.current = true;
        else touched.current.add(event.subject);
        soon();
      },
      [soon],
    ),
  );

  const everything = useCallback(() => {
    for (const row of now.current.onScreen()) touched.current.add(row.run.id);
    soon();
  }, [soon]);
  useEffect(() => {
    if (!running) return;
    const beat = setInterval(() => {
      if (document.hidden) return;
      for (const row of now.current.onScreen()) if (!isOver(row.run.state)) touched.current.add(row.run.id);
      soon();
    }, BEAT_MS);
    return () => clearInterval(beat);
  }, [running, soon]);

  const { connected } = useLiveState();
  const was = useRef(connected);
  useEffect(() => {
    if (connected && !was.current) {
      born.current = true; // what happened meanwhile is not told again
      everything();
      now.current.retry?.();
    }
    was.current = connected;
  }, [connected, everything]);

  return fresh && fresh.mark === mark ? fresh.count : 0;
}

async function byId(ids: readonly string[], columns: string[]): Promise<RunRecord[]> {
  const filter = `attributes.run_id IN (${ids.map((id) => `'${id}'`).join(', ')})`;
  const where: Where = { experiments: [], filter, lifecycle: 'all', top_level: false };
  return (await recordsPage(where, [], columns, { limit: MOST })).items;
}
