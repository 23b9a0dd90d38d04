import { startTransition, useEffect, useState, type ReactNode } from 'react';

/** False in the first picture, true once that was seen. */
export function useSeenOnce(): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    let later: ReturnType<typeof setTimeout> | undefined;
    const frame = requestAnimationFrame(() => {
      later = setTimeout(() => startTransition(() => setSeen(true))); // after the frame is on the screen
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(later);
    };
  }, []);
  return seen;
}

/** What stands around the data, drawn after it; its room is there from the start, so that nothing moves. */
export function Afterwards({ height, children }: { height: number; children: ReactNode }) {
  return useSeenOnce() ? <>{children}</> : <div style={{ height }} />;
}
