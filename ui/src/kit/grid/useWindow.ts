import { startTransition, useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import { flushSync } from 'react-dom';
import { revealing } from './sheet';

const STEP = 4; // rows come and go a few at a time, not one at each frame
const AROUND = 8;
const GUESS = 232; // pixels of a window that are not the table's

export type Range = readonly [first: number, last: number];

/** Rows in view at an offset, both included. */
export function rowsInView(top: number, view: number, height: number, rows: number): Range {
  return [
    Math.max(0, Math.min(Math.floor(top / height), rows - 1)),
    Math.min(rows - 1, Math.ceil((top + view) / height)),
  ];
}

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
  // before anything is laid out: as many as the window could show; those around them come when these are on the screen
  const [range, setRange] = useState<Range>(() => rowsInView(0, window.innerHeight - GUESS, height, rows));
  const now = useRef(range);
  const seen = useRef(false);

  // no layout effect: at the first one of a part inside it, the element around it is not known yet
  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    let view = element.clientHeight;
    const look = (draw: (put: () => void) => void) => {
      const next = rowsToDraw(element.scrollTop, view, height, rows);
      if (!seen.current) {
        const [first, last] = rowsInView(element.scrollTop, view, height, rows);
        if (first >= now.current[0] && last <= now.current[1]) return;
      }
      if (next[0] === now.current[0] && next[1] === now.current[1]) return;
      now.current = next;
      draw(() => setRange(next));
    };
    look((put) => put());
    let later: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      later = setTimeout(() => {
        seen.current = true;
        look(startTransition);
      });
    });
    const aside = () => element.toggleAttribute('data-aside', element.scrollLeft > 0);
    aside();
    const onScroll = () => {
      aside();
      look(flushSync); // in the frame of the scroll, or it would show a hole
    };
    // the browser scrolls before it says so: what stays is told to stay by what will scroll
    const onWheel = ({ deltaX, shiftKey }: WheelEvent) => {
      if (deltaX !== 0 || shiftKey) element.toggleAttribute('data-aside', true);
    };
    const observer = new ResizeObserver(() => {
      view = element.clientHeight;
      look((put) => put());
    });
    observer.observe(element);
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(later);
      observer.disconnect();
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWheel);
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
