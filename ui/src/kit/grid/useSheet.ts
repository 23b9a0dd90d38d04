import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type RefObject } from 'react';
import { clamp, columnsAt, edgesOf, revealing, rowsAt, trackOf } from './sheet';

interface Options {
  scroller: RefObject<HTMLDivElement | null>;
  rows: number;
  rowHeight: number;
  headHeight: number;
  widths: readonly number[];
  pinned: number;
  onWindow: (first: number, last: number, columns: [number, number]) => void;
  /** Another value is another list: shown from its start. */
  listKey: string;
}

/** Where a sheet is scrolled to, and how it gets somewhere else. */
export function useSheet({
  scroller,
  rows,
  rowHeight,
  headHeight,
  widths,
  pinned,
  onWindow,
  listKey,
}: Options) {
  const [size, setSize] = useState({ width: 800, height: 400 });
  const [place, setPlace] = useState({ top: 0, left: 0, list: listKey });
  const expected = useRef(-1); // what the scrollbar was set to by us: its event says nothing new
  const view = Math.max(0, size.height - headHeight);
  const track = useMemo(() => trackOf(rows, rowHeight, view), [rows, rowHeight, view]);
  const top = place.list === listKey ? clamp(place.top, 0, track.end) : 0;
  const edges = useMemo(() => edgesOf(widths), [widths]);
  const [first, last] = rowsAt(top, view, rowHeight, rows);
  const [from, to] = columnsAt(edges, pinned, place.left, size.width);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);

  const moveTo = useCallback(
    (next: number) => {
      const wanted = clamp(next, 0, track.end);
      setPlace((old) => ({ ...old, top: wanted, list: listKey }));
      const bar = Math.round(wanted / track.ratio);
      if (scroller.current && Math.abs(scroller.current.scrollTop - bar) >= 1) {
        expected.current = bar;
        scroller.current.scrollTo({ top: bar });
      }
    },
    [scroller, track, listKey],
  );

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (!element) return;
    const own = Math.abs(element.scrollTop - expected.current) < 2;
    expected.current = -1;
    setPlace((old) => ({
      left: element.scrollLeft,
      top: own && old.list === listKey ? old.top : element.scrollTop * track.ratio,
      list: listKey,
    }));
  }, [scroller, track, listKey]);

  // a wheel moves by the pixels it says, however many rows stand behind one pixel of the scrollbar
  useEffect(() => {
    const element = scroller.current;
    if (!element || track.ratio === 1) return;
    const onWheel = (event: WheelEvent) => {
      if (event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      const step = event.deltaMode === 1 ? event.deltaY * rowHeight : event.deltaY;
      event.preventDefault();
      moveTo(top + step);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [scroller, track, top, rowHeight, moveTo]);

  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [scroller, listKey]);

  useEffect(() => {
    onWindow(first, last, [from, to]);
  }, [onWindow, first, last, from, to]);

  const reveal = useCallback(
    (row: number, column: number) => {
      const next = revealing(row, top, view, rowHeight);
      if (next !== top) moveTo(next);
      const element = scroller.current;
      if (!element || column < pinned) return;
      const held = edges[pinned] ?? 0;
      const [begin, end] = [edges[column] ?? 0, edges[column + 1] ?? 0];
      if (begin - held < element.scrollLeft) element.scrollTo({ left: begin - held });
      else if (end > element.scrollLeft + size.width) element.scrollTo({ left: end - size.width });
    },
    [scroller, top, view, rowHeight, moveTo, edges, pinned, size.width],
  );

  return {
    onScroll,
    size,
    top,
    left: place.left,
    view,
    edges,
    rows: [first, last] as const,
    columns: [from, to] as const,
    height: track.scrolled + headHeight,
    width: edges.at(-1) ?? 0,
    moveTo,
    reveal,
  };
}
