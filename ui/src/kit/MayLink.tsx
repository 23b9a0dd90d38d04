import { Button, type ButtonProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMay } from '@/kernel/session';
import { useFollow } from './Link';
import { Reason } from './Reason';

interface Props extends Pick<ButtonProps, 'variant' | 'leftSection' | 'size'> {
  permission: string;
  /** What the role may not do, in words: "deploy models". */
  to: string;
  href: string;
  children: ReactNode;
}

/** A button that leads to where something is done; for a role that may not do it, it is off and says so. */
export function MayLink({ permission, to, href, children, ...look }: Props) {
  const may = useMay(permission);
  const follow = useFollow();
  if (!may)
    return (
      <Reason why={`Your role in this workspace may not ${to}`}>
        <Button {...look}>{children}</Button>
      </Reason>
    );
  return (
    <Button {...look} component="a" href={href} onClick={(event) => follow(href, event)}>
      {children}
    </Button>
  );
}
