import { Skeleton, Stack } from '@mantine/core';
import { useEffect, useState, type ReactNode } from 'react';
import { Problem } from '@/kernel/problem';
import { ErrorState } from './ErrorState';
import classes from './page.module.css';

interface PageProps {
  /** Becomes the tab's title and, unless `header` is given, the h1. */
  title: string;
  header?: ReactNode;
  /** `form` 720 px, `text` 680 px, else full bleed. */
  width?: 'form' | 'text';
  children: ReactNode;
}

/** A page: header row, then tabs or body. One h1, and the tab's title. */
export function Page({ title, header, width, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Studiolo`;
  }, [title]);
  return (
    <div className={classes.page} data-width={width}>
      {header ?? <PageHeader title={title} />}
      {children}
    </div>
  );
}

interface HeaderProps {
  title: ReactNode;
  /** Key facts in one row: state, size, age. */
  facts?: ReactNode;
  /** Buttons, the primary one last. */
  actions?: ReactNode;
  /** One sentence under the title. */
  lead?: ReactNode;
}

export function PageHeader({ title, facts, actions, lead }: HeaderProps) {
  return (
    <div className={classes.header}>
      <div className={classes.headerText}>
        <h1>{title}</h1>
        {facts ? <div className={classes.headerFacts}>{facts}</div> : null}
        {lead ? <p>{lead}</p> : null}
      </div>
      {actions ? <div className={classes.headerActions}>{actions}</div> : null}
    </div>
  );
}

/** True after `ms`: skeletons wait 150 ms, so that quick answers never flicker. */
export function useDelayed(ms = 150): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return passed;
}

export function Loading({ rows = 8, height = 20 }: { rows?: number; height?: number }) {
  const shown = useDelayed();
  return (
    <div aria-busy="true" className={classes.loading}>
      <span className={classes.hidden} role="status">
        Loading
      </span>
      {shown ? (
        <Stack gap="md">
          {Array.from({ length: rows }, (_, index) => (
            <Skeleton key={index} height={height} width={`${96 - ((index * 7) % 23)}%`} />
          ))}
        </Stack>
      ) : null}
    </div>
  );
}

/** A page whose code is on its way. */
export function Pending() {
  return (
    <div className={classes.page}>
      <Loading />
    </div>
  );
}

interface QueryLike<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Draw a query in each of its states; old data stays while it refreshes. */
export function Answer<T>(props: {
  query: QueryLike<T>;
  children: (data: T) => ReactNode;
  rows?: number;
  inline?: boolean;
}) {
  const { query, children, rows, inline } = props;
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) {
    return (
      <ErrorState
        error={Problem.from(query.error)}
        onRetry={() => void query.refetch()}
        inline={inline ?? false}
      />
    );
  }
  return <Loading {...(rows ? { rows } : {})} />;
}

/** A titled part of a page. */
export function Section({
  title,
  children,
  actions,
}: {
  title: string;
  children: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}
