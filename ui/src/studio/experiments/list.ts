import type { InfiniteData } from '@tanstack/react-query';
import type { Run } from './queries';

export interface Page {
  items: Run[];
  next?: string | null;
}
export type Pages = InfiniteData<Page, string | undefined>;

/** Known rows take their new values where they stand; nothing moves. */
export function patched(pages: Pages, fresh: readonly Run[]): Pages {
  const byId = new Map(fresh.map((run) => [run.id, run]));
  if (!pages.pages.some((page) => page.items.some((run) => byId.has(run.id)))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.map((run) => byId.get(run.id) ?? run),
    })),
  };
}

/** Runs of a fresh first page that the list does not show yet: those before its first known row. */
export function arrivals(pages: Pages, first: Page): string[] {
  const known = new Set(pages.pages.flatMap((page) => page.items.map((run) => run.id)));
  const fresh: string[] = [];
  for (const run of first.items) {
    if (known.has(run.id)) break;
    fresh.push(run.id);
  }
  return fresh;
}

/** Only the first page, for when the list is left: coming back asks once, not once per page. */
export function trimmed(pages: Pages): Pages {
  return { pages: pages.pages.slice(0, 1), pageParams: pages.pageParams.slice(0, 1) };
}
