import { Progress } from '@mantine/core';
import { between, count, duration } from '@/kernel/format';
import { useNow } from './Time';
import classes from './kit.module.css';

interface Props {
  done: number;
  total?: number | null;
  label?: string | undefined;
  startedAt?: string | null;
  unit?: (value: number) => string;
  name?: string;
}

/** Honest progress: determinate when the total is known, rate and time left after 3 s, else step and elapsed time. */
export function ProgressBar({ done, total, label, startedAt, unit = count, name = 'Progress' }: Props) {
  const now = useNow(1000);
  const elapsed = between(startedAt, null, now) ?? 0;
  const known = total != null && total > 0;
  const share = known ? Math.min(1, done / total) : 0;
  const left = known && elapsed > 3 && share > 0.02 && share < 1 ? (elapsed * (1 - share)) / share : null;
  return (
    <div className={classes.progress}>
      <Progress.Root size={6}>
        <Progress.Section
          value={known ? share * 100 : 100}
          animated={!known}
          striped={!known}
          aria-label={name}
          {...(known ? {} : { 'aria-valuetext': label || 'Working' })}
        />
      </Progress.Root>
      <span>
        {label ? `${label} · ` : ''}
        {known ? `${unit(done)} of ${unit(total)}` : startedAt ? `${duration(elapsed)} so far` : ''}
        {left === null ? '' : ` · about ${duration(left)} left`}
      </span>
    </div>
  );
}
