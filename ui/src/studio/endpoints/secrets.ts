import { useSyncExternalStore } from 'react';
import type { NewKey } from './queries';

// Keys as the server said them once: in this tab's memory only, until the person has put them away.
const held = new Map<string, readonly NewKey[]>();
const watchers = new Set<() => void>();
const NONE: readonly NewKey[] = [];

function tell(): void {
  for (const watcher of watchers) watcher();
}

export function holdKeys(endpoint: string, keys: readonly NewKey[]): void {
  if (keys.length === 0) return;
  const others = (held.get(endpoint) ?? NONE).filter((old) => !keys.some((key) => key.name === old.name));
  held.set(endpoint, [...others, ...keys]);
  tell();
}

export function forgetKeys(endpoint: string): void {
  held.delete(endpoint);
  tell();
}

export function useHeldKeys(endpoint: string): readonly NewKey[] {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => held.get(endpoint) ?? NONE,
  );
}
