import { ActionIcon, Menu } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { IconDots } from '@/kit/icons';

interface Props {
  label: string;
  position?: 'bottom-start' | 'bottom-end';
  children: ReactNode;
}

/** Three dots with a menu behind; the menu is made when first asked for: a table has one in every head. */
export function More({ label, position = 'bottom-start', children }: Props) {
  const [asked, setAsked] = useState(false);
  const dots = (
    <ActionIcon
      aria-label={label}
      aria-haspopup="menu"
      size={24}
      {...(asked ? {} : { onClick: () => setAsked(true) })}
    >
      <IconDots size={14} />
    </ActionIcon>
  );
  if (!asked) return dots;
  return (
    <Menu position={position} defaultOpened>
      <Menu.Target>{dots}</Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
