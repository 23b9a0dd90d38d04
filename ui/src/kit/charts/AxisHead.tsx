import type { DragEvent } from 'react';
import type { ParallelAxis } from './parallel';
import classes from './parallel.module.css';

interface Props {
  axis: ParallelAxis;
  index: number;
  left: number;
  width: number;
  onMove: (from: number, to: number) => void;
}

const TYPE = 'text/x-axis';

/** The name over an axis; dragged onto another one it takes its place. The arrow keys do the same. */
export function AxisHead({ axis, index, left, width, onMove }: Props) {
  const drop = (event: DragEvent) => {
    const from = Number(event.dataTransfer.getData(TYPE));
    event.preventDefault();
    if (Number.isInteger(from) && from !== index) onMove(from, index);
  };
  return (
    <button
      type="button"
      className={classes.head}
      style={{ left: left - width / 2 + 4, width: width - 8 }}
      draggable
      title={`${axis.name}${axis.log ? ', logarithmic' : ''}. Drag it to another place, or use the left and right arrow keys.`}
      aria-label={`Axis ${axis.name}${axis.log ? ' log' : ''}`}
      onDragStart={(event) => event.dataTransfer.setData(TYPE, String(index))}
      onDragOver={(event) => event.preventDefault()}
      onDrop={drop}
      onKeyDown={(event) => {
        const by = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
        if (!by) return;
        event.preventDefault();
        onMove(index, index + by);
      }}
    >
      {axis.name}
      {axis.log ? <small> log</small> : null}
    </button>
  );
}
