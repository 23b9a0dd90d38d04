import { queries } from '@/kernel/query';
import { columnsOf, viewList } from './ask';
import { experimentList } from './experiments';

/** Ask for what the page needs before it can ask for rows, while its code is on its way. */
export function warm(experiments: readonly string[]): void {
  void queries.prefetchQuery(columnsOf(experiments));
  void queries.prefetchQuery(viewList);
  void queries.prefetchQuery(experimentList('active'));
}
