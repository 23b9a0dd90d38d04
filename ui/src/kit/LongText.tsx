import { useState } from 'react';
import { count } from '@/kernel/format';
import classes from './longText.module.css';

const LONG = 300; // about four lines of a column

/** A value that others logged: of a long one the first lines, and the rest when it is asked for. */
export function LongText({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  if (text.length <= LONG) return <span className={classes.text}>{text}</span>;
  return (
    <span className={classes.long}>
      <span className={classes.text} data-cut={!open || undefined}>
        {open ? text : text.slice(0, LONG)}
      </span>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Show less' : `Show all ${count(text.length)} characters`}
      </button>
    </span>
  );
}
