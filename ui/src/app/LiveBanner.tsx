import { useLiveState } from '@/kernel/events';
import { duration } from '@/kernel/format';
import { useNow } from '@/kit/Time';
import classes from './shell.module.css';

/** Says that what is on screen may be old, as soon as the feed is lost for more than two seconds. */
export function LiveBanner() {
  const live = useLiveState();
  const now = useNow(live.since === null ? 0 : 1000);
  const lost = live.since === null ? 0 : (now - live.since) / 1000;
  return (
    <div role="status" aria-live="polite">
      {lost > 2 ? (
        <div className={classes.stale}>Reconnecting; last update {duration(Math.floor(lost))} ago.</div>
      ) : null}
    </div>
  );
}
