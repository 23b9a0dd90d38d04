import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { apiUrl } from '@/kernel/workspace';
import type { Where } from './ask';

export type RunExport = components['schemas']['RunExport'];
export type ExportForm = RunExport['format'];
export const FORMS: readonly ExportForm[] = ['csv', 'parquet', 'json'];
const LOOK_MS = 500;

export const isEnded = (one: RunExport) => one.state !== 'waiting' && one.state !== 'running';

/** Ask for a file of all runs that match; the browser loads it by itself, whatever page is open meanwhile. */
export async function beginExport(
  format: ExportForm,
  where: Where,
  order_by: string[],
  columns: string[],
): Promise<RunExport> {
  const made = await data(
    api().POST('/experiments/exports', { body: { ...where, format, order_by, columns } }),
  );
  const link = document.createElement('a');
  link.href = apiUrl(`/experiments/exports/${made.id}/content`);
  link.download = `runs.${format}`;
  link.click();
  return made;
}

export const exportState = (id: string) =>
  queryOptions({
    queryKey: ['run-export', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/exports/{export_id}', { params: { path: { export_id: id } }, signal })),
    refetchInterval: (query) => (query.state.data && isEnded(query.state.data) ? false : LOOK_MS),
    staleTime: 0,
  });

export const cancelExport = (id: string) =>
  data(api().DELETE('/experiments/exports/{export_id}', { params: { path: { export_id: id } } }));
