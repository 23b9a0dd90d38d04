import { Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import classes from './markdown.module.css';

const Rendered = lazy(() => import('./MarkdownText'));

/** Markdown as people write it; HTML in it stays text, and pictures of other hosts become links. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className={classes.markdown}>
      <Suspense fallback={<Skeleton height={60} />}>
        <Rendered text={text} />
      </Suspense>
    </div>
  );
}
