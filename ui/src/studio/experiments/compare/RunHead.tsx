import { Menu } from '@mantine/core';
import { Link } from '@/kit/Link';
import { RunSwatch } from '@/kit/RunSwatch';
import { runHref } from './link';
import { More } from '@/kit/More';
import { tail } from './search';
import type { View } from './useComparison';
import classes from './compare.module.css';

/** A run as the head of a column or row: its colour, its name, what can be done with it here. */
export function RunHead({ view, index }: { view: View; index: number }) {
  const { runs, base, search, change, slots, setRuns } = view;
  const run = runs[index];
  if (!run) return null;
  const name = run.name || run.id.slice(-8);
  return (
    <div className={classes.runHead}>
      <RunSwatch slot={slots.get(run.id) ?? 0} />
      <div>
        <Link
          href={runHref(run)}
          title={`${name} · ${run.experiment} · ${run.state}`}
          className={classes.runName ?? ''}
        >
          {name}
        </Link>
        {base === index ? <small>baseline</small> : null}
      </div>
      <More label={`Do something with ${name}`} position="bottom-end">
        <Menu.Item onClick={() => change({ base: base === index ? undefined : tail(run.id) })}>
          {base === index ? 'No baseline' : 'Make it the baseline'}
        </Menu.Item>
        <Menu.Item onClick={() => change({ hide: [...(search.hide ?? []), tail(run.id)] })}>
          Hide here
        </Menu.Item>
        <Menu.Item onClick={() => setRuns(runs.filter((other) => other !== run).map((other) => other.id))}>
          Take out of the comparison
        </Menu.Item>
      </More>
    </div>
  );
}
