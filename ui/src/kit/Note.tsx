import type { ReactNode } from 'react';
import { IconCheck, IconInfo, IconWarning } from './icons';
import classes from './note.module.css';

const ICONS = { info: IconInfo, warning: IconWarning, good: IconCheck };

/** Something to know about what is shown below; not an error. */
export function Note({
  title,
  tone = 'info',
  children,
}: {
  title: string;
  tone?: keyof typeof ICONS;
  children?: ReactNode;
}) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.note} data-tone={tone}>
      <Icon size={18} stroke={1.7} aria-hidden />
      <div>
        <strong>{title}</strong>
        {children ? ' ' : null}
        {children}
      </div>
    </div>
  );
}
