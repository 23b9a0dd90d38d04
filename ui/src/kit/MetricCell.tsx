import { metric } from '@/kernel/format';
import { IconStar } from './icons';
import classes from './kit.module.css';

interface Props {
  value: number | null | undefined;
  digits?: number;
  best?: boolean;
  /** Shown in the title with full precision, e.g. the metric's name. */
  name?: string;
}

/** A measured number, right-aligned, with fixed significant digits; the exact value is its title. */
export function MetricCell({ value, digits = 4, best, name }: Props) {
  return (
    <span
      className={classes.metric}
      title={value == null ? 'Not measured' : `${name ? `${name}: ` : ''}${value}`}
    >
      {best ? <IconStar size={12} className={classes.star} role="img" aria-label="Best" /> : null}
      {metric(value, digits)}
    </span>
  );
}
