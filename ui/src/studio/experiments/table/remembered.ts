import { useState } from 'react';

/** A small thing that this browser remembers; storage that is switched off or full costs nothing but the memory. */
export function useRemembered<T>(key: string, usual: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    try {
      const kept = localStorage.getItem(key);
      return kept === null ? usual : (JSON.parse(kept) as T);
    } catch {
      return usual;
    }
  });
  const keep = (next: T) => {
    setValue(next);
    try {
      localStorage.setItem(key, JSON.stringify(next));
    } catch {
      // as long as the page
    }
  };
  return [value, keep];
}
