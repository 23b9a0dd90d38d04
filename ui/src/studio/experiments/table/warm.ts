import { queries } from '@/kernel/query';
import { askAhead, columnsOf, ordersOf, viewList } from './ask';
import { wantedOf } from './columns';
import { experimentList } from './experiments';
import { DIRECTIONS, specsOf, usualColumns, whereOf, type Directions } from './question';
import { remembered } from './remembered';
import { isPlain, readTableSearch } from './state';

/** Ask for what the page will ask for first, the rows before all, while its code is on its way. */
export function warm(raw: object): void {
  const search = readTableSearch(raw as Record<string, unknown>);
  const columns = search.cols ?? usualColumns(search);
  const another = isPlain(search) && queries.getQueryData(viewList.queryKey)?.some((view) => view.default);
  if (columns && !search.group && !search.experiment && !another)
    askAhead(
      whereOf(search),
      ordersOf(search.sort, remembered<Directions>(DIRECTIONS, {})),
      wantedOf(specsOf(columns)),
    );
  void queries.prefetchQuery(viewList);
  void queries.prefetchQuery(columnsOf(search.exp ?? []));
  void queries.prefetchQuery(experimentList('active'));
}
