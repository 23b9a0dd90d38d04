import { useEffect, useState } from 'react';
import { ago, moment, until } from '@/kernel/format';

/** The current time, refreshed every `ms`; give 0 to stand still. */
export function useNow(ms: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (ms <= 0) return;
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

/** "3 min ago", with the absolute time in the title. */
export function Time({ at }: { at: string | null | undefined }) {
  const now = useNow(20_000);
  return at ? (
    <time dateTime={at} title={moment(at)}>
      {ago(at, now)}
    </time>
  ) : (
    <>–</>
  );
}

/** How long until a moment, with the moment itself on hover. */
export function Until({ at }: { at: string }) {
  const now = useNow(60_000);
  return (
    <time dateTime={at} title={moment(at)}>
      {until(at, now)}
    </time>
  );
}
