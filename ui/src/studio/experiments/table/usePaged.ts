import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { PAGE, Pages, type Ask } from './pages';

export interface Reply<R> {
  items: R[];
  next?: string | null | undefined;
  total?: number | undefined;
  /** The same rows with more in them, when that takes longer; `without`: as they stay when it does not come for them. */
  later?: { rows: Promise<R[]>; without: readonly R[] };
}
export type Fetch<R> = (ask: Ask, signal: AbortSignal) => Promise<Reply<R>>;

const REST_MS = 50; // a fast scroll asks for the pages where it rests

/** A long list, page by page as it is looked at. A new `fetch` is a new question: the old rows stay until it is answered. */
export function usePaged<R>(fetch: Fetch<R>, keyOf: (row: R) => string) {
  const [shown, setShown] = useState<{ fetch: Fetch<R>; pages: Pages<R> } | null>(null);
  const [error, setError] = useState<{ fetch: Fetch<R>; error: unknown } | null>(null);
  const [range, setRange] = useState<readonly [number, number]>([0, 0]);
  const [again, askAgain] = useReducer((n: number) => n + 1, 0);
  const [edition, touch] = useReducer((n: number) => n + 1, 0);
  const flying = useRef(new Map<number, AbortController>());
  const put = useCallback(
    (pages: Pages<R>, page: number, reply: Reply<R>, signal: AbortSignal) => {
      pages.put(page, reply.items, reply.next ?? null);
      if (reply.total !== undefined) pages.total = reply.total;
      const { later } = reply;
      if (!later) return;
      const fill = (rows: readonly R[]) => {
        if (!signal.aborted && pages.patch([...later.without, ...rows])) touch();
      };
      later.rows.then(fill, (cause: unknown) => {
        fill([]);
        if (!signal.aborted) setError({ fetch, error: cause });
      });
    },
    [fetch],
  );

  useEffect(() => {
    const stop = new AbortController();
    const pages = new Pages<R>(keyOf);
    fetch({ page: 0, cursor: undefined, skip: 0 }, stop.signal).then(
      (reply) => {
        if (stop.signal.aborted) return;
        put(pages, 0, reply, stop.signal);
        setShown({ fetch, pages });
        setError(null);
      },
      (cause: unknown) => {
        if (!stop.signal.aborted) setError({ fetch, error: cause });
      },
    );
    return () => stop.abort();
  }, [fetch, keyOf, put, again]);

  const [from, to] = range;
  useEffect(() => {
    if (!shown || shown.fetch !== fetch) return;
    const { pages } = shown;
    const air = flying.current;
    for (const [page, stop] of air)
      if (page < from || page > to) {
        stop.abort();
        air.delete(page);
      }
    const missing = pages.missing(from * PAGE, (to + 1) * PAGE - 1).filter((page) => !air.has(page));
    if (missing.length === 0) return;
    const rest = setTimeout(() => {
      for (const page of missing) {
        const stop = new AbortController();
        air.set(page, stop);
        fetch(pages.ask(page), stop.signal).then(
          (reply) => {
            air.delete(page);
            put(pages, page, reply, stop.signal);
            touch();
          },
          (cause: unknown) => {
            air.delete(page);
            if (!stop.signal.aborted) setError({ fetch, error: cause });
          },
        );
      }
    }, REST_MS);
    return () => clearTimeout(rest);
  }, [shown, fetch, put, from, to, edition]);

  useEffect(() => {
    const air = flying.current;
    return () => {
      for (const stop of air.values()) stop.abort();
      air.clear();
    };
  }, [fetch]);

  /** Say which rows of the list are looked at; the pages around them come. */
  const look = useCallback((first: number, last: number) => {
    const next = [Math.floor(first / PAGE), Math.floor(last / PAGE)] as const;
    setRange((old) => (old[0] === next[0] && old[1] === next[1] ? old : next));
  }, []);
  const patch = useCallback(
    (rows: readonly R[]) => {
      if (shown?.pages.patch(rows)) touch();
    },
    [shown],
  );
  const stale = shown !== null && shown.fetch !== fetch;
  const failure = error?.fetch === fetch ? error.error : null;
  return useMemo(
    () => ({
      pages: shown?.pages ?? null,
      from,
      to,
      edition,
      stale,
      error: failure,
      pending: !shown && !failure,
      look,
      patch,
      refresh: askAgain as () => void,
    }),
    [shown, from, to, edition, stale, failure, look, patch],
  );
}
