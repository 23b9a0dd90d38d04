import { queries } from '@/kernel/query';
import { overviewOf, run } from '../queries';
import { readRunSearch } from './search';

/** Ask for what the page of a run will ask for first, and for the code of its charts, while its own code is on its way. */
export function warm(id: string, raw: object): void {
  void queries.prefetchQuery(run(id));
  void queries.prefetchQuery(overviewOf(id));
  const { tab } = readRunSearch(raw as Record<string, unknown>);
  if (tab === 'metrics' || tab === 'system')
    void Promise.all([import('./MetricsTab'), import('@/kit/charts/plot')]).catch(() => undefined);
}
