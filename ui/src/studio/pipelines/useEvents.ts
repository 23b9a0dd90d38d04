import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo } from 'react';
import { useStudioEvent, type StudioEvent } from '@/kernel/events';
import { fetchSteps, ownState, stepsKey, type StepState } from './queries';

const SOON_MS = 250; // many steps that change together are asked for together
const LIST_MS = 1000;
const ASKED = 60; // steps in one address; more of them are asked for with all others

/** Call `work` once for all that is added in a while; what comes while it works waits for it, so that no answer is late. */
export function gather(work: (gathered: ReadonlySet<string>) => Promise<unknown>, ms: number) {
  let due = new Set<string>();
  let asked = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const go = async () => {
    const gathered = due;
    due = new Set();
    asked = false;
    await work(gathered).catch(() => undefined); // the query says so itself, and the next event asks again
    timer = asked ? setTimeout(() => void go(), ms) : undefined;
  };
  return {
    add(items: readonly string[]) {
      for (const one of items) due.add(one);
      asked = true;
      timer ??= setTimeout(() => void go(), ms);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

function useGathered(
  wanted: (event: StudioEvent) => readonly string[] | null,
  work: (gathered: ReadonlySet<string>) => Promise<unknown>,
  ms: number,
): void {
  const due = useMemo(() => gather(work, ms), [work, ms]);
  useEffect(() => () => due.stop(), [due]);
  useStudioEvent(
    useCallback(
      (event: StudioEvent) => {
        const found = wanted(event);
        if (found) due.add(found);
      },
      [wanted, due],
    ),
  );
}

/** Steps with the changed ones in their places; those that came about since stand after the others of their kin. */
export function patched(old: readonly StepState[], fresh: readonly StepState[]): StepState[] {
  const news = new Map(fresh.map((step) => [step.path, step]));
  const next = old.map((step) => {
    const changed = news.get(step.path);
    news.delete(step.path);
    return changed ?? step;
  });
  return [...next, ...news.values()];
}

/** Keep the steps of a run as they are: those that an event names are fetched and put in their places. */
export function useStepEvents(runId: string, rootId: string | undefined): void {
  const cache = useQueryClient();
  const wanted = useCallback(
    ({ kind, subject, data }: StudioEvent) => {
      if (!rootId || subject !== rootId || !kind.startsWith('pipeline.')) return null;
      return Array.isArray(data['paths']) ? data['paths'].map(String) : [];
    },
    [rootId],
  );
  const work = useCallback(
    async (paths: ReadonlySet<string>) => {
      const key = stepsKey(runId);
      const known = cache.getQueryData<StepState[]>(key);
      if (!known) return;
      const few = paths.size > 0 && paths.size <= ASKED;
      const fresh = await fetchSteps(runId, few ? [...paths] : []);
      cache.setQueryData<StepState[]>(key, (old) => (few && old ? patched(old, fresh) : fresh));
    },
    [cache, runId],
  );
  useGathered(wanted, work, SOON_MS);
}

/** Keep the state of a pipeline's own run as it is. */
export function useOwnEvents(runId: string): void {
  const cache = useQueryClient();
  const wanted = useCallback(
    ({ kind, subject, data }: StudioEvent) => {
      if (subject !== runId || !kind.startsWith('run.')) return null;
      // each step that ends moves its progress, which the steps tell already
      const known = cache.getQueryData(ownState(runId).queryKey)?.state;
      return kind === 'run.updated' && known !== undefined && data['state'] === known ? null : [];
    },
    [cache, runId],
  );
  const work = useCallback(
    () => cache.invalidateQueries({ queryKey: ownState(runId).queryKey }),
    [cache, runId],
  );
  useGathered(wanted, work, SOON_MS);
}

/** Keep lists of pipelines and components as they are. */
export function useListEvents(what: 'runs' | 'components'): void {
  const cache = useQueryClient();
  const noun = what === 'runs' ? 'pipeline.' : 'component.';
  const wanted = useCallback(({ kind }: StudioEvent) => (kind.startsWith(noun) ? [] : null), [noun]);
  const work = useCallback(() => cache.invalidateQueries({ queryKey: ['pipelines', what] }), [cache, what]);
  useGathered(wanted, work, LIST_MS);
}
