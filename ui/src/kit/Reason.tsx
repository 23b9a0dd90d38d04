import { Tooltip } from '@mantine/core';
import { cloneElement, type MouseEvent, type ReactElement } from 'react';

interface Props {
  /** Why the button cannot be pressed now; undefined when it can. */
  why: string | undefined;
  children: ReactElement<Record<string, unknown>>;
}

/** Around a button: while it cannot be pressed it stays within reach of the keyboard, and says why. */
export function Reason({ why, children, ...given }: Props) {
  const off = why && {
    disabled: false, // what is disabled takes no focus
    'data-disabled': true,
    'aria-disabled': true,
    type: 'button',
    onClick: (event: MouseEvent) => event.preventDefault(),
  };
  return (
    <Tooltip
      label={why}
      disabled={!why}
      multiline
      maw={320}
      events={{ hover: true, focus: true, touch: true }}
    >
      {cloneElement(children, { ...given, ...off }) /* given: what a popover gives its target */}
    </Tooltip>
  );
}
