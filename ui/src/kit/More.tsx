import { ActionIcon, Menu } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { IconDots } from './icons';
import classes from './kit.module.css';

interface Props {
  label: string;
  position?: 'bottom-start' | 'bottom-end';
  children: ReactNode;
}

/** Three dots with a menu behind; the menu is made when first asked for: a table has one in every head. */
export function More({ label, position = 'bottom-start', children }: Props) {
  const [asked, setAsked] = useState(false);
  if (!asked)
    return (
      <button
        type="button"
        className={classes.dots}
        aria-label={label}
        aria-haspopup="menu"
        onClick={() => setAsked(true)}
      >
        <IconDots size={14} />
      </button>
    );
  return (
    <Menu position={position} defaultOpened>
      <Menu.Target>
        <ActionIcon aria-label={label} aria-haspopup="menu" size={24}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
