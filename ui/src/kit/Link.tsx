import { Anchor, type AnchorProps } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import type { CSSProperties, MouseEvent, ReactNode } from 'react';
import classes from './kit.module.css';

/** Follow an address of this studio without a page load; modified clicks stay the browser's. */
export function useFollow(): (href: string, event?: MouseEvent) => void {
  const router = useRouter({ warn: false });
  return (href, event) => {
    if (
      event &&
      (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
    )
      return;
    event?.preventDefault();
    if (router) router.history.push(href);
    else window.location.assign(href);
  };
}

interface Props extends AnchorProps {
  href: string;
  children: ReactNode;
  style?: CSSProperties;
  title?: string;
  tabIndex?: number;
  plain?: boolean;
  'aria-label'?: string;
  'aria-current'?: 'page' | undefined;
}

/** A link to another page of the studio; addresses come from `at()`. */
export function Link({ href, children, plain, ...rest }: Props) {
  const follow = useFollow();
  return (
    <Anchor
      href={href}
      onClick={(event) => follow(href, event)}
      {...(plain ? { c: 'inherit' } : {})}
      {...rest}
    >
      {children}
    </Anchor>
  );
}

interface CellProps {
  href: string;
  children: ReactNode;
  className?: string;
  title?: string | undefined;
}

/** A link in a cell of a long table: without what a general one can be told, it costs a fraction of it. */
export function CellLink({ href, children, className, title }: CellProps) {
  const follow = useFollow();
  return (
    <a
      href={href}
      title={title}
      tabIndex={-1} // keys of the table open it
      className={className ? `${classes.cellLink} ${className}` : classes.cellLink}
      onClick={(event) => follow(href, event)}
    >
      {children}
    </a>
  );
}
