import { useState } from 'react';

/** A small thing that this browser remembers; storage that is switched off or full costs nothing but the memory. */
export function remembered<T>(key: string, usual: T): T {
  try {
    const kept = localStorage.getItem(key);
    return kept === null ? usual : (JSON.parse(kept) as T);
  } catch {
    return usual;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // as long as the page
  }
}

export function useRemembered<T>(key: string, usual: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => remembered(key, usual));
  const keep = (next: T) => {
    setValue(next);
    remember(key, next);
  };
  return [value, keep];
}
