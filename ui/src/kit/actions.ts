import { useEffect, useSyncExternalStore } from 'react';

/** Something the current page can do; offered by the palette and, with a key, by the shortcut sheet. */
export interface PageAction {
  id: string;
  label: string;
  /** One letter; fires only while nobody types. */
  key?: string;
  run: () => void;
}

/** Finds assets of one slice by name, for the palette. */
export interface Finder {
  title: string;
  find: (
    text: string,
    signal: AbortSignal,
  ) => Promise<{ id: string; label: string; detail?: string; href: string }[]>;
}

export const finders: Finder[] = [];
export function addFinder(finder: Finder): void {
  if (!finders.some((known) => known.title === finder.title)) finders.push(finder);
}

let current: readonly PageAction[] = [];
const stack: (readonly PageAction[])[] = [];
const watchers = new Set<() => void>();
function changed(): void {
  current = stack.flat();
  for (const watcher of watchers) watcher();
}

/** Offer actions while the component is on screen. Give a stable array (useMemo). */
export function usePageActions(actions: readonly PageAction[]): void {
  useEffect(() => {
    stack.push(actions);
    changed();
    return () => {
      stack.splice(stack.indexOf(actions), 1);
      changed();
    };
  }, [actions]);
}

export function useCurrentActions(): readonly PageAction[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => current,
  );
}

export function currentActions(): readonly PageAction[] {
  return current;
}
