import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { Rect, Scene } from './scene';

const AROUND = 400; // pixels drawn beyond the edges, so that scrolling finds them there
const STRIDE = 120; // pixels of scrolling after which the drawn part is found anew
const [LEAST, MOST] = [0.2, 1.5];
const READABLE = 0.7; // a first look is not smaller than this

export interface View {
  zoom: number;
  part: Rect;
  zoomBy: (factor: number, at?: { x: number; y: number }) => void;
  fit: () => void;
  /** Scroll so that a place of the scene is in view. */
  bring: (x: number, y: number, width: number, height: number) => void;
}

/** The part of a scene that a scrolling box shows, and how large. */
export function useView(box: RefObject<HTMLDivElement | null>, scene: Scene): View {
  const [zoom, setZoom] = useState(1);
  const [part, setPart] = useState<Rect>({ left: 0, top: 0, right: 2000, bottom: 1200 });
  const anchor = useRef<{ x: number; y: number; atX: number; atY: number } | null>(null);
  const now = useRef(zoom);
  const look = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const [left, top] = [element.scrollLeft / now.current, element.scrollTop / now.current];
    const near = AROUND / now.current;
    const next = {
      left: left - near,
      top: top - near,
      right: left + element.clientWidth / now.current + near,
      bottom: top + element.clientHeight / now.current + near,
    };
    setPart((old) => {
      const stride = STRIDE / now.current;
      const moved = Math.max(
        Math.abs(old.left - next.left),
        Math.abs(old.top - next.top),
        Math.abs(old.right - next.right),
        Math.abs(old.bottom - next.bottom),
      );
      return moved < stride ? old : next;
    });
  }, [box]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(look);
    };
    const watch = new ResizeObserver(soon);
    watch.observe(element);
    element.addEventListener('scroll', look, { passive: true }); // comes once a frame, before it is drawn
    return () => {
      cancelAnimationFrame(frame);
      watch.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [box, look]);

  // what was under the pointer stays there when the zoom changes
  useLayoutEffect(() => {
    now.current = zoom;
    const [element, held] = [box.current, anchor.current];
    if (element && held) {
      element.scrollTo({ left: held.x * zoom - held.atX, top: held.y * zoom - held.atY });
      anchor.current = null;
    }
    look();
  }, [box, look, zoom, scene]);

  const zoomTo = useCallback(
    (next: number, at?: { x: number; y: number }) => {
      const element = box.current;
      if (!element) return;
      const [atX, atY] = [at?.x ?? element.clientWidth / 2, at?.y ?? element.clientHeight / 2];
      anchor.current = {
        x: (element.scrollLeft + atX) / now.current,
        y: (element.scrollTop + atY) / now.current,
        atX,
        atY,
      };
      setZoom(Math.min(MOST, Math.max(LEAST, next)));
    },
    [box],
  );
  const zoomBy = useCallback(
    (factor: number, at?: { x: number; y: number }) => zoomTo(now.current * factor, at),
    [zoomTo],
  );
  // Ctrl and the wheel, or two fingers: not React's, which may not keep the browser from zooming the page
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY / 300), { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [box, zoomBy]);
  const fitted = useCallback(
    (least: number) => {
      const element = box.current;
      if (!element || scene.width === 0) return;
      const wanted = Math.min(element.clientWidth / scene.width, element.clientHeight / scene.height, 1);
      setZoom(Math.max(least, wanted));
    },
    [box, scene],
  );
  const fit = useCallback(() => fitted(LEAST), [fitted]);

  // the first look: all of it when that can be read, else its top middle
  const begun = useRef(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (begun.current || !element || scene.nodes.length === 0) return;
    begun.current = true;
    fitted(READABLE);
    requestAnimationFrame(() => {
      element.scrollTo({ left: (element.scrollWidth - element.clientWidth) / 2 });
    });
  }, [box, fitted, scene]);

  const bring = useCallback(
    (x: number, y: number, width: number, height: number) => {
      const element = box.current;
      if (!element) return;
      const [left, top] = [x * now.current, y * now.current];
      const [right, bottom] = [(x + width) * now.current, (y + height) * now.current];
      const edge = 16;
      const to = { left: element.scrollLeft, top: element.scrollTop };
      if (left < to.left) to.left = left - edge;
      else if (right > to.left + element.clientWidth)
        to.left = Math.min(left - edge, right - element.clientWidth + edge);
      if (top < to.top) to.top = top - edge;
      else if (bottom > to.top + element.clientHeight)
        to.top = Math.min(top - edge, bottom - element.clientHeight + edge);
      element.scrollTo(to);
    },
    [box],
  );
  return { zoom, part, zoomBy, fit, bring };
}
