import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

interface Page<T> {
  items: T[];
  next?: string | null;
}

/** A list behind a cursor. `fetch` asks for one page; the first cursor is undefined. */
export function pages<T>(
  queryKey: readonly unknown[],
  fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam, signal }) => fetch(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (old) => old, // never blank a table while a filter changes
  });
}

/** All loaded rows of a list, and `more` for the grid's end. Draw it with `<Answer query={list}>`. */
export function usePages<T>(options: ReturnType<typeof pages<T>>) {
  const query = useInfiniteQuery(options);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return {
    data: rows,
    error: query.error,
    isPending: query.isPending,
    refetch: query.refetch,
    more,
    hasMore: hasNextPage,
  };
}
