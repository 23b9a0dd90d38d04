import classes from './kit.module.css';
import { SLOTS } from './runColours';

export { slotsOf } from './runColours';

/** The colour of a run, as a small square; the run's name stands beside it. */
export function RunSwatch({ slot }: { slot: number }) {
  return (
    <span className={classes.swatch} aria-hidden style={{ background: `var(--st-series-${slot % SLOTS})` }} />
  );
}
