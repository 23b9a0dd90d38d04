import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStudioEvent, type StudioEvent } from '@/kernel/events';
import { isOver } from '@/kit/status';
import { arrivals, patched, trimmed, type Page, type Pages } from './list';
import { runById, runPage, type Run } from './queries';
import type { ListSearch } from './search';

const EACH_MS = 500;
const SINGLES = 20; // more changed rows than this outside the first page wait for the next look

/**
 * The runs of a filter, page after page, kept true in place: rows change where they stand, new runs are
 * counted (`fresh`) and come in when the person asks, so that nothing moves under the pointer.
 */
export function useRunList(filter: ListSearch) {
  const cache = useQueryClient();
  const key = useMemo(
    () => ['run-list', filter.experiment, filter.kind, filter.state, filter.all ?? false],
    [filter.experiment, filter.kind, filter.state, filter.all],
  );
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => runPage(filter, pageParam, signal) as Promise<Page>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [fresh, setFresh] = useState<readonly string[]>([]);
  const touched = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const look = useCallback(async () => {
    timer.current = undefined;
    const ids = [...touched.current];
    touched.current.clear();
    const first = (await runPage(filter, undefined).catch(() => null)) as Page | null;
    const pages = cache.getQueryData<Pages>(key);
    if (!first || !pages) return;
    const known = new Set(pages.pages.flatMap((page) => page.items.map((run) => run.id)));
    const there = new Set(first.items.map((run) => run.id));
    const singles = ids.filter((id) => known.has(id) && !there.has(id)).slice(0, SINGLES);
    const found = await Promise.allSettled(singles.map((id) => runById(id)));
    const changed = [
      ...first.items,
      ...found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    ];
    const news = arrivals(pages, first);
    if (known.size === 0 && news.length > 0) await cache.invalidateQueries({ queryKey: key });
    else {
      cache.setQueryData<Pages>(key, (old) => (old ? patched(old, changed as Run[]) : old));
      setFresh(news);
    }
  }, [cache, filter, key]);

  const soon = useCallback(() => {
    timer.current ??= setTimeout(() => void look(), EACH_MS);
  }, [look]);

  useStudioEvent(
    useCallback(
      (event: StudioEvent) => {
        if (!event.kind.startsWith('run.')) return;
        touched.current.add(event.subject);
        soon();
      },
      [soon],
    ),
  );

  const running = rows.some((run) => !isOver(run.state));
  useEffect(() => {
    if (!running) return;
    const beat = setInterval(soon, 3000); // progress has no events
    return () => clearInterval(beat);
  }, [running, soon]);

  useEffect(() => {
    return () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      setFresh([]);
      cache.setQueryData<Pages>(key, (old) => (old ? trimmed(old) : old));
    };
  }, [cache, key]);

  const refresh = () => {
    setFresh([]);
    cache.setQueryData<Pages>(key, (old) => (old ? trimmed(old) : old));
    return query.refetch();
  };
  const patch = (runs: readonly Run[]) =>
    cache.setQueryData<Pages>(key, (old) => (old ? patched(old, runs) : old));
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return { query, rows, fresh: fresh.length, refresh, patch, more };
}
