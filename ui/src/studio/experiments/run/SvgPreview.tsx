import { useQuery } from '@tanstack/react-query';
import { Answer } from '@/kit/Page';
import { textOf } from './queries';
import classes from './files.module.css';

const MOST = 8 * 1024 * 1024;

/** A drawing as a picture: as the source of an `img`, its scripts never run and nothing is loaded by it. */
export function SvgPreview({
  url,
  path,
  className,
}: {
  url: string;
  path: string;
  className?: string | undefined;
}) {
  const query = useQuery(textOf(url, MOST));
  return (
    <Answer query={query} inline>
      {({ text }) => (
        <img
          src={`data:image/svg+xml;utf8,${encodeURIComponent(text)}`}
          alt={path}
          className={className ?? classes.image}
        />
      )}
    </Answer>
  );
}
