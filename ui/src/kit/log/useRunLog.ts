import { useMemo } from 'react';
import { api, data } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import { useLog, type LogSource } from './useLog';

/** The log of a run. */
export function useRunLog(runId: string, over: boolean) {
  return useLog(
    useMemo(() => ofRun(runId), [runId]),
    over,
  );
}

function ofRun(runId: string): LogSource {
  return {
    missing: 'experiments.no_log',
    read: (offset, numbered, signal) =>
      data(
        api().GET('/experiments/runs/{run_id}/log', {
          params: { path: { run_id: runId }, query: { offset, numbered } },
          signal,
        }),
      ),
    stream: (offset) => apiUrl(`/experiments/runs/${runId}/log/stream`, { offset }),
  };
}
