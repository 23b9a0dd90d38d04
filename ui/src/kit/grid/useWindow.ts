import { useCallback, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { revealing } from './sheet';

const STEP = 4; // rows come and go a few at a time, not one at each frame
const AROUND = 8;

export type Range = readonly [first: number, last: number];

/** Rows to draw at an offset, both included: those in view and some around them; first > last when there are none. */
export function rowsToDraw(top: number, view: number, height: number, rows: number): Range {
  const first = Math.floor(top / height / STEP) * STEP - AROUND;
  const last = Math.ceil((top + view) / height / STEP) * STEP + AROUND;
  return [Math.max(0, Math.min(first, rows - 1)), Math.min(rows - 1, last)];
}

interface Options {
  scroller: RefObject<HTMLDivElement | null>;
  /** Height of the head, which stays over the rows. */
  head: RefObject<HTMLDivElement | null>;
  rows: number;
  height: number;
}

/** Which of many rows of one height are drawn, and how one that is not is brought into view. */
export function useWindow({ scroller, head, rows, height }: Options) {
  // before anything is laid out: as many as the window could show
  const [range, setRange] = useState<Range>(() => rowsToDraw(0, window.innerHeight - 232, height, rows));
  const now = useRef(range);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let view = element.clientHeight;
    const look = (draw: (put: () => void) => void) => {
      const next = rowsToDraw(element.scrollTop, view, height, rows);
      if (next[0] === now.current[0] && next[1] === now.current[1]) return;
      now.current = next;
      draw(() => setRange(next));
    };
    look((put) => put());
    const onScroll = () => look(flushSync); // in the frame of the scroll, or it would show a hole
    const observer = new ResizeObserver(() => {
      view = element.clientHeight;
      look((put) => put());
    });
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
    };
  }, [scroller, rows, height]);

  const reveal = useCallback(
    (row: number) => {
      const element = scroller.current;
      if (!element) return;
      const view = element.clientHeight - (head.current?.offsetHeight ?? 0);
      const top = revealing(row, element.scrollTop, view, height);
      if (top !== element.scrollTop) element.scrollTo({ top });
    },
    [scroller, head, height],
  );
  return { first: range[0], last: Math.min(range[1], rows - 1), reveal };
}
