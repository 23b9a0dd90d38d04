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
  const [opened, setOpened] = useState(false);
  const open = () => {
    setAsked(true);
    setTimeout(() => setOpened(true)); // once it is there: so the menu knows where the focus goes back to
  };
  if (!asked)
    return (
      <button type="button" className={classes.dots} aria-label={label} aria-haspopup="menu" onClick={open}>
        <IconDots size={14} />
      </button>
    );
  return (
    <Menu position={position} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <ActionIcon autoFocus aria-label={label} aria-haspopup="menu" size={24}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
