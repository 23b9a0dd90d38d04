import classes from './kit.module.css';

const SLOTS = 8;

/** Colour slot of each run of a page: the same in table, legend and curve, in order of first appearance. */
export function slotsOf(ids: readonly string[]): Map<string, number> {
  return new Map([...new Set(ids)].map((id, index) => [id, index % SLOTS]));
}

/** The colour of a run, as a small square; the run's name stands beside it. */
export function RunSwatch({ slot }: { slot: number }) {
  return (
    <span className={classes.swatch} aria-hidden style={{ background: `var(--st-series-${slot % SLOTS})` }} />
  );
}
