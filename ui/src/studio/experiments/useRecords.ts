import { useQueries } from '@tanstack/react-query';
import { useMemo } from 'react';
import { isOver } from '@/kit/status';
import { PAGE, recordsOf, type Run, type RunRecord } from './queries';

/** What the runs of a table recorded, by run: asked in the pages in which the rows came. */
export function useRecords(rows: readonly Run[]): ReadonlyMap<string, RunRecord> {
  const pages = useMemo(() => {
    const found: Run[][] = [];
    for (let at = 0; at < rows.length; at += PAGE) found.push(rows.slice(at, at + PAGE));
    return found;
  }, [rows]);
  return useQueries({
    queries: pages.map((page) =>
      recordsOf(
        page.map((run) => run.id),
        page.some((run) => !isOver(run.state)),
      ),
    ),
    combine: byRun,
  });
}

function byRun(
  answers: readonly { data?: { items: RunRecord[] } | undefined }[],
): ReadonlyMap<string, RunRecord> {
  return new Map(
    answers.flatMap((answer) => answer.data?.items ?? []).map((record) => [record.run.id, record]),
  );
}
