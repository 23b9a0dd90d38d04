import { useEffect, useRef, useState } from 'react';

type Widths = Record<string, number>;
const SETTLED_MS = 250;
const NONE: Widths = {};

/** Widths of columns: follow the pointer while it drags; the page hears of them when it rests. */
export function useWidths(
  given: Readonly<Widths> | undefined,
  onWidths: ((widths: Widths) => void) | undefined,
) {
  const [own, setOwn] = useState<Widths | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const widths = own ?? given ?? NONE;
  const change = (next: Widths | ((old: Widths) => Widths)) => {
    const value = typeof next === 'function' ? next(widths) : next;
    setOwn(value);
    if (!onWidths) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      onWidths(Object.fromEntries(Object.entries(value).map(([id, width]) => [id, Math.round(width)])));
      setOwn(null);
    }, SETTLED_MS);
  };
  return { widths, change };
}

/** Where each pinned column begins, from the left edge. */
export function offsetsOf(widths: readonly number[], start: number): number[] {
  const found: number[] = [];
  let at = start;
  for (const width of widths) {
    found.push(at);
    at += width;
  }
  return found;
}
