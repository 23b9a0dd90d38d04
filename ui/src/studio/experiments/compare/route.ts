import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { warm } from './queries';
import { readCompareSearch } from './search';

/** Before `experiments/$runId`, which would take the word for a run. */
export const compareRoute = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/compare',
  validateSearch: readCompareSearch,
  loaderDeps: ({ search }) => ({ runs: search.runs, set: search.set, stat: search.stat }),
  loader: ({ deps }) => warm(deps.runs, deps.set, deps.stat ?? 'last'), // asks while the page's code is on its way
  component: later(() => import('./ComparePage'), 'ComparePage'),
});
