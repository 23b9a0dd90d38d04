import { Tooltip } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { at } from '@/kernel/workspace';
import { IconFold, IconUnfold } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { NAV } from './nav';
import classes from './shell.module.css';

interface Props {
  folded: boolean;
  onFold: () => void;
}

/** The side pane: 220 px, or 52 px of icons. */
export function NavPane({ folded, onFold }: Props) {
  const { pathname } = useLocation();
  const follow = useFollow();
  const parts = pathname.split('/').slice(3);
  const here = parts[0] ?? '';
  const Fold = folded ? IconUnfold : IconFold;
  return (
    <nav className={classes.nav} aria-label="Studio">
      <div className={classes.navScroll}>
        {NAV.map((group) => (
          <div key={group.title ?? 'top'} className={classes.navGroup}>
            {group.title && !folded ? <div className={classes.navTitle}>{group.title}</div> : null}
            {group.items.map((item) => {
              const Icon = item.icon;
              const href = at(item.path ? [item.path] : []);
              const active = here === item.path;
              const link = (
                <a
                  key={item.path}
                  href={href}
                  className={classes.navItem}
                  aria-current={active ? (parts.length > 1 ? 'true' : 'page') : undefined}
                  aria-label={folded ? item.label : undefined}
                  onClick={(event) => follow(href, event)}
                >
                  <Icon size={18} stroke={1.7} aria-hidden />
                  {folded ? null : item.label}
                </a>
              );
              return folded ? (
                <Tooltip key={item.path} label={item.label} position="right">
                  {link}
                </Tooltip>
              ) : (
                link
              );
            })}
          </div>
        ))}
      </div>
      <button
        type="button"
        className={classes.navItem}
        onClick={onFold}
        aria-expanded={!folded}
        aria-label={folded ? 'Unfold the side pane' : 'Fold the side pane'}
      >
        <Fold size={18} stroke={1.7} aria-hidden />
        {folded ? null : 'Fold'}
      </button>
    </nav>
  );
}
