import { at } from '@/kernel/workspace';
import { IconRight } from '@/kit/icons';
import { Link } from '@/kit/Link';
import classes from '../datastores.module.css';

/** The way from the root to a folder; each step is a link. */
export function Crumbs({ name, folder }: { name: string; folder: string }) {
  const parts = folder === '' ? [] : folder.split('/');
  return (
    <nav aria-label="Folder">
      <ol className={classes.crumbs}>
        <li>
          {parts.length > 0 ? <Link href={at(['datastores', name])}>{name}</Link> : <strong>{name}</strong>}
        </li>
        {parts.map((part, index) => {
          const path = parts.slice(0, index + 1).join('/');
          const last = index === parts.length - 1;
          return (
            <li key={path}>
              <IconRight size={12} aria-hidden />
              {last ? (
                <strong aria-current="location">{part}</strong>
              ) : (
                <Link href={at(['datastores', name], { folder: path })}>{part}</Link>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
