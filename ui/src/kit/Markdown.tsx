import { Skeleton } from '@mantine/core';
import { later } from '@/kernel/later';
import { Arriving } from './Arriving';
import classes from './markdown.module.css';

const Rendered = later(() => import('./MarkdownText'), 'default');

/** Markdown as people write it; HTML in it stays text, and pictures of other hosts become links. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <Arriving fallback={<Skeleton height={60} />}>
        <Rendered text={text} />
      </Arriving>
    </div>
  );
}
