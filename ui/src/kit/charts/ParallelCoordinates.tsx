import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react';
import { palette } from '@/theme';
import {
  brushBetween,
  extentsOf,
  scaleOf,
  without,
  type Brush,
  type Brushes,
  type ParallelAxis,
} from './parallel';
import {
  drawScene, heightsOf, nearestLine, passingLines, PLOT, shareAt, xOf, type Scene,
} from './parallelCanvas'; // prettier-ignore
import { AxisHead } from './AxisHead';
import classes from './parallel.module.css';

interface Props {
  axes: readonly ParallelAxis[];
  /** Colour of each line. */
  colours: readonly string[];
  names: readonly string[];
  /** Lines that are drawn. */
  lines: readonly number[];
  brushes: Brushes;
  /** Called with each change while dragging; `done` when the pointer is up. */
  onBrush: (brushes: Brushes, done: boolean) => void;
  onMove: (from: number, to: number) => void;
  onPick?: (line: number) => void;
  label: (axis: ParallelAxis, value: number) => string;
  height?: number;
}

const LEAST_GAP = 96;
const REACH = 14; // px beside an axis that belong to it

interface Drag {
  axis: number;
  start: number;
  /** The other end, when an edge is moved; the whole, when the middle is. */
  keep: number | null;
  span: [number, number] | null;
}

/**
 * Parallel coordinates on our own canvas: drag along an axis brushes it, double-click clears, heads are dragged to
 * other places. The drawing follows the pointer without React: what it costs is one stroke per line that is seen.
 */
export function ParallelCoordinates(props: Props) {
  const { axes, colours, names, lines, brushes, onBrush, onMove, onPick, label, height = 380 } = props;
  const scheme = useComputedColorScheme('light');
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag | null>(null);
  const frame = useRef(0);
  const [width, setWidth] = useState(900);
  const [near, setNear] = useState<{ line: number; x: number; y: number } | null>(null);

  const scales = useMemo(() => axes.map(scaleOf), [axes]);
  const heights = useMemo(() => heightsOf(axes, scales), [axes, scales]);
  const gap = Math.max(LEAST_GAP, (width - 2 * PLOT.side) / Math.max(1, axes.length - 1));
  const inner = 2 * PLOT.side + gap * Math.max(0, axes.length - 1);
  const highlighted = near?.line ?? null;
  const scene = useRef<Scene | null>(null);

  const draw = () => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      if (canvas.current && scene.current && scroller.current) {
        scene.current.scrollX = scroller.current.scrollLeft;
        drawScene(canvas.current, scene.current);
      }
    });
  };
  useEffect(() => {
    const held = drag.current ? scene.current?.brushes : undefined; // while dragging the pointer knows better
    scene.current = {
      axes, scales, heights, gap, colours, lines, brushes: held ?? brushes, highlighted, width, height, label,
      palette: palette(scheme), scrollX: scroller.current?.scrollLeft ?? 0,
    }; // prettier-ignore
    draw();
  }, [axes, scales, heights, gap, colours, lines, brushes, highlighted, width, height, label, scheme]);

  useEffect(() => {
    const host = scroller.current;
    if (!host) return;
    const observer = new ResizeObserver(() => setWidth(Math.max(320, host.clientWidth)));
    observer.observe(host);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, []);

  const at = (event: PointerEvent | React.MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) };
  };
  const axisAt = (x: number): number => {
    const now = scene.current;
    if (!now) return -1;
    const found = Math.round((x + now.scrollX - PLOT.side) / now.gap);
    return found >= 0 && found < axes.length && Math.abs(xOf(now, found) - x) <= REACH ? found : -1;
  };
  const brushTo = (share: number, done: boolean) => {
    const [now, held] = [scene.current, drag.current];
    const axis = held ? axes[held.axis] : undefined;
    const scale = held ? scales[held.axis] : undefined;
    if (!now || !held || !axis || !scale) return;
    let one = held.keep ?? held.start;
    let other = share;
    if (held.span) {
      const by = Math.min(1 - held.span[1], Math.max(-held.span[0], share - held.start));
      [one, other] = [held.span[0] + by, held.span[1] + by];
    }
    const brush: Brush | null = brushBetween(axis, scale, one, other);
    const rest = without(now.brushes, axis.id);
    const next = brush ? { ...rest, [axis.id]: brush } : rest;
    now.brushes = next;
    draw();
    onBrush(next, done);
  };

  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, y } = at(event);
    const axis = axisAt(x);
    const now = scene.current;
    if (axis < 0 || !now || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const share = shareAt(now, y);
    const [own, scale] = [axes[axis], scales[axis]];
    const brush = own ? now.brushes[own.id] : undefined;
    const span = brush && own && scale && !('only' in brush) ? extentsOf(own, scale, brush)[0] : undefined;
    const edge = 6 / (height - PLOT.top - PLOT.bottom);
    drag.current = { axis, start: share, keep: null, span: null };
    if (span && Math.abs(share - span[0]) < edge) drag.current.keep = span[1];
    else if (span && Math.abs(share - span[1]) < edge) drag.current.keep = span[0];
    else if (span && share > span[0] && share < span[1]) drag.current.span = span;
    setNear(null);
  };
  const onPointerMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, y } = at(event);
    const now = scene.current;
    if (!now) return;
    if (drag.current) return brushTo(shareAt(now, y), false);
    event.currentTarget.style.cursor = axisAt(x) >= 0 ? 'ns-resize' : 'default';
    const line = nearestLine(now, x, y, passingLines(now));
    setNear((old) =>
      line === null ? null : old?.line === line && Math.abs(old.x - x) < 24 ? old : { line, x, y },
    );
  };
  const onPointerUp = (event: PointerEvent<HTMLCanvasElement>) => {
    const now = scene.current;
    if (drag.current && now) {
      brushTo(shareAt(now, at(event).y), true);
      drag.current = null;
    } else if (near) onPick?.(near.line);
  };
  const clear = (event: React.MouseEvent) => {
    const id = axes[axisAt(at(event).x)]?.id;
    if (!id || !scene.current) return;
    onBrush(without(scene.current.brushes, id), true);
  };

  return (
    <div className={classes.frame}>
      <div
        ref={scroller}
        className={classes.scroller}
        onScroll={draw}
        tabIndex={0}
        role="group"
        aria-label="Axes"
      >
        <div style={{ width: inner }} className={classes.inner}>
          <div className={classes.heads}>
            {axes.map((axis, index) => (
              <AxisHead
                key={axis.id}
                axis={axis}
                index={index}
                left={PLOT.side + index * gap}
                width={gap}
                onMove={onMove}
              />
            ))}
          </div>
          <canvas
            ref={canvas}
            aria-hidden
            className={classes.canvas}
            style={{ width, height }}
            onPointerDown={onPointerDown}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerUp}
            onPointerLeave={() => setNear(null)}
            onDoubleClick={clear}
          />
        </div>
      </div>
      {near ? (
        <div className={classes.tip} style={{ left: Math.min(near.x + 12, width - 180), top: near.y + 28 }}>
          {names[near.line]}
        </div>
      ) : null}
    </div>
  );
}
