import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { at } from '@/kernel/workspace';
import { readRunSearch } from './run/search';
import { readTableSearch } from './table/state';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments',
  validateSearch: readTableSearch,
  component: lazyRouteComponent(() => import('./table/RunTable'), 'RunTable'),
});

const run = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/runs/$runId',
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import('./RunPage'), 'RunPage'),
});

// The short address of a run, as people type it; of an experiment by its number, as MLflow's links name it.
const short = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/$runId',
  beforeLoad: async ({ params: { runId } }) => {
    if (runId === 'runs') throw redirect({ href: at(['experiments']), replace: true }); // the breadcrumb of a run
    if (!/^\d{1,18}$/.test(runId))
      throw redirect({ href: at(['experiments', 'runs', runId]), replace: true });
    throw redirect({ href: at(['experiments'], { exp: runId }), replace: true });
  },
});

export const experimentsRoutes = [list, run, short] as const;
