import { useLocation, useMatches } from '@tanstack/react-router';
import { at } from '@/kernel/workspace';
import { shortId } from '@/kernel/format';
import { Link } from '@/kit/Link';
import { NAV_ITEMS } from './nav';
import classes from './shell.module.css';

const ID = /^[0-9a-f]{32}$/; // names of models and datasets stay whole

/** Where we are, from the address: Datasets / titanic. Words of ours begin with a capital, names stay as they are. */
export function Breadcrumb() {
  const { pathname } = useLocation();
  const route = useMatches().at(-1)?.fullPath.split('/');
  const parts = pathname.split('/').slice(3).filter(Boolean).map(decodeURIComponent);
  if (parts.length === 0) return null;
  return (
    <nav aria-label="Breadcrumb" className={classes.crumbs}>
      <ol>
        {parts.map((part, index) => {
          if (part === '-') return null; // a word of the address, no page
          const name =
            route?.[index + 3] === part
              ? (NAV_ITEMS.find((item) => item.path === part)?.label ??
                part.charAt(0).toUpperCase() + part.slice(1))
              : ID.test(part)
                ? shortId(part)
                : part;
          const last = index === parts.length - 1;
          return (
            <li key={index}>
              {last ? (
                <span aria-current="page">{name}</span>
              ) : (
                <Link href={at(parts.slice(0, index + 1))}>{name}</Link>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
