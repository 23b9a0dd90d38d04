import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { bytes } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import { toastProblem } from '../ConfirmUndo';
import { EmptyState } from '../EmptyState';
import { ErrorState } from '../ErrorState';
import { LogView } from './LogView';
import { Note } from '../Note';
import { Loading } from '../Page';
import { isOver } from '../status';
import { STATE_WORDS } from './useLog';
import { useRunLog } from './useRunLog';
import classes from './log.module.css';

/** What of a log the address names: what is sought, and the line that is shown. */
interface LogSearch {
  q?: string | undefined;
  line?: number | undefined;
}

interface Props {
  run: { id: string; name: string; state: string };
  search: LogSearch;
  change: (next: LogSearch) => void;
  /** Whether it takes what its place leaves, rather than a part of the window. */
  fill?: boolean;
}

const FOUND = 5000;

function find(runId: string, q: string, limit: number, signal?: AbortSignal) {
  return data(
    api().GET('/experiments/runs/{run_id}/log/search', {
      params: { path: { run_id: runId }, query: { q, limit } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** The log of a run: its end as it grows, or any part of it. */
export function RunLog({ run, search, change, fill = false }: Props) {
  const log = useRunLog(run.id, isOver(run.state));
  const [following, setFollowing] = useState(search.line === undefined);
  const [q] = useDebouncedValue(search.q ?? '', 250);
  const partial = log.firstLine > 1 || log.state === 'paused';
  const found = useQuery({
    queryKey: ['experiments-log-search', run.id, q, log.size],
    queryFn: ({ signal }) => find(run.id, q, FOUND, signal),
    enabled: partial && q !== '',
    placeholderData: (old) => old,
  });
  const hits = useMemo(
    () =>
      partial && q && found.data
        ? { lines: found.data.matches.map((match) => match.line), total: found.data.total }
        : undefined,
    [partial, q, found.data],
  );
  /** Show a line: bring its part of the log when it is not here. */
  const go = (line: number | undefined, offset?: number) => {
    change({ line });
    setFollowing(false);
    if (line === undefined || (line >= log.firstLine && line < log.firstLine + log.lines.length)) return;
    const known = offset ?? found.data?.matches.find((match) => match.line === line)?.offset;
    if (known !== undefined) log.go({ at: 'byte', offset: known });
    else void bring(line);
  };
  const bring = async (line: number) => {
    const query = { line, limit: 4 };
    const params = { path: { run_id: run.id }, query };
    const chunk = await data(api().GET('/experiments/runs/{run_id}/log', { params })).catch(toastProblem);
    if (chunk) log.go({ at: 'byte', offset: chunk.offset });
  };
  // an address that names a line which is not in the part that was read first
  const [asked, setAsked] = useState(search.line);
  if (asked !== undefined && log.lines.length > 0 && log.state !== 'reading') {
    setAsked(undefined);
    if (asked < log.firstLine) void bring(asked);
  }
  const firstError = async () => {
    try {
      for (const word of ['traceback (most recent', 'error', 'exception', 'fatal']) {
        const [match] = (await find(run.id, word, 1)).matches;
        if (match) return go(match.line, match.offset);
      }
      change({ line: undefined, q: 'error' }); // the tally then says that there is no match
    } catch (error) {
      toastProblem(error);
    }
  };
  if (log.state === 'refused' && log.lines.length === 0 && log.problem) {
    return log.problem.code === 'experiments.no_log' ? (
      <EmptyState title="No log here">
        {log.problem.detail} {log.problem.hint}
      </EmptyState>
    ) : (
      <ErrorState error={log.problem} onRetry={() => log.go({ at: 'end' })} inline />
    );
  }
  // it is asked for again by itself; until then nobody knows whether anything was written
  if (log.state === 'reconnecting' && log.lines.length === 0 && log.problem)
    return <ErrorState error={log.problem} onRetry={() => log.go({ at: 'end' })} inline />;
  if (log.state === 'reading' && log.lines.length === 0) return <Loading rows={6} />;
  return (
    <div className={classes.stackTight} data-fill={fill || undefined}>
      {log.firstLine > 1 || log.state === 'paused' ? (
        <Note
          title={`Shown: ${bytes(log.end - log.start)} of ${bytes(log.size)}. Finding looks through all of it.`}
        >
          <div className={classes.row}>
            {log.firstLine > 1 ? (
              <Button variant="default" size="compact-sm" onClick={() => log.go({ at: 'byte', offset: 0 })}>
                From the start
              </Button>
            ) : null}
            {log.firstLine > 1 ? (
              <Button
                variant="default"
                size="compact-sm"
                onClick={() => go(log.firstLine - 1, Math.max(0, log.start - 1))}
              >
                Earlier
              </Button>
            ) : null}
            {log.state === 'paused' ? (
              <>
                <Button variant="default" size="compact-sm" onClick={log.more}>
                  Later
                </Button>
                <Button
                  variant="default"
                  size="compact-sm"
                  onClick={() => {
                    change({ line: undefined });
                    setFollowing(true);
                    log.go({ at: 'end' });
                  }}
                >
                  To the end
                </Button>
              </>
            ) : null}
          </div>
        </Note>
      ) : null}
      <LogView
        lines={log.lines}
        firstLine={log.firstLine}
        state={STATE_WORDS[log.state]}
        label={`Log of ${run.name}`}
        {...(fill ? { height: 'fill' } : {})}
        query={search.q}
        onQuery={(next) => change({ q: next, line: undefined })}
        found={hits}
        line={search.line}
        onLine={go}
        following={following}
        onFollow={setFollowing}
        tools={
          <Button variant="default" size="compact-sm" onClick={() => void firstError()}>
            First error
          </Button>
        }
        downloadHref={log.size > 0 ? apiUrl(`/experiments/runs/${run.id}/log/file`) : undefined}
      />
    </div>
  );
}
