import type { ChangeEventHandler, MouseEventHandler } from 'react';
import classes from './tick.module.css';

interface Props {
  label: string;
  /** -1 where keys of the list do the same. */
  tabIndex?: number;
  checked: boolean;
  onChange?: ChangeEventHandler<HTMLInputElement>;
  onClick?: MouseEventHandler<HTMLInputElement>;
}

/** A checkbox of a long list: the browser's own, drawn as the others are. A list of them costs a tenth of Mantine's. */
export function Tick({ label, checked, onChange, onClick, tabIndex }: Props) {
  return (
    <input
      type="checkbox"
      className={classes.tick}
      aria-label={label}
      tabIndex={tabIndex}
      checked={checked}
      onChange={onChange ?? (() => undefined)}
      onClick={onClick}
    />
  );
}
