import { statusOf, type Tone } from './status';
import classes from './kit.module.css';

interface Props {
  state: string;
  /** Another word than the state's own. */
  label?: string;
  tone?: Tone;
  title?: string;
}

/** A state as icon, word and colour, never colour alone. */
export function StatusBadge({ state, label, tone, title }: Props) {
  const status = statusOf(tone ?? state);
  const Icon = status.icon;
  return (
    <span className={classes.badge} data-tone={status.tone} title={title}>
      <Icon
        size={14}
        stroke={2}
        aria-hidden
        className={status.tone === 'running' ? classes.spin : undefined}
      />
      {label ?? statusOf(state).word}
    </span>
  );
}
