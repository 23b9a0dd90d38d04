import { metric } from '@/kernel/format';
import type { ParallelAxis } from './parallel';
import classes from './plane.module.css';

/** Which point the words are of, and where it is in the plotting area. */
export interface Shown {
  point: number;
  left: number;
  top: number;
  /** The words stand to the left of the point. */
  past: boolean;
  /** The keyboard came there, and is told. */
  keyed?: boolean;
}

const BESIDE = 76; // px: the axis beside the plotting area, and a gap

export function valueOf(axis: ParallelAxis, n: number): number | string | null {
  return axis.categories?.[axis.values[n] ?? -1] ?? axis.values[n] ?? null;
}

/** Name and values of a point, beside it. */
export function PointTip(props: Shown & { name: string; axes: readonly ParallelAxis[] }) {
  const { point, left, top, past, keyed, name, axes } = props;
  return (
    <div
      className={classes.tip}
      role={keyed ? 'status' : undefined}
      data-past={past || undefined}
      style={{ left: left + BESIDE, top }}
    >
      <b>{name}</b>
      {axes.map((axis) => {
        const value = valueOf(axis, point);
        return (
          <div key={axis.id}>
            {axis.name}: {typeof value === 'number' ? metric(value) : value}
          </div>
        );
      })}
    </div>
  );
}
