export type Spot = readonly [number, number];

/** Whether a point lies within a closed line: rays that cross it an odd number of times begin inside. */
export function inside(line: readonly Spot[], [x, y]: Spot): boolean {
  let within = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
    const [ax, ay] = line[i] ?? [0, 0];
    const [bx, by] = line[j] ?? [0, 0];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

/**
 * Draw a line around things with the pointer over an element; Escape gives up. `onDraw` is told of the line while it
 * grows, null when there is none; `onDone` gets it when the pointer is let go after a real movement.
 */
export function followLasso(
  over: HTMLElement,
  onDraw: (line: readonly Spot[] | null) => void,
  onDone: (line: readonly Spot[]) => void,
): () => void {
  let line: Spot[] | null = null;
  const spot = (event: PointerEvent): Spot => {
    const { left, top } = over.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    line = [spot(event)];
    over.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (!line) return;
    line.push(spot(event));
    onDraw(line);
  };
  const stop = () => {
    line = null;
    onDraw(null);
  };
  const up = () => {
    const drawn = line;
    stop();
    if (drawn && drawn.length > 4) onDone(drawn);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && line) stop();
  };
  over.addEventListener('pointerdown', down);
  over.addEventListener('pointermove', move);
  over.addEventListener('pointerup', up);
  over.addEventListener('pointercancel', stop);
  window.addEventListener('keydown', key);
  return () => {
    over.removeEventListener('pointerdown', down);
    over.removeEventListener('pointermove', move);
    over.removeEventListener('pointerup', up);
    over.removeEventListener('pointercancel', stop);
    window.removeEventListener('keydown', key);
  };
}
