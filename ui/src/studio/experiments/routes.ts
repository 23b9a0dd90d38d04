import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { at } from '@/kernel/workspace';
import { readRunSearch } from './run/search';
import { readListSearch } from './search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments',
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('./RunList'), 'RunList'),
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
    const path = { experiment_id: runId };
    const { name } = await data(api().GET('/experiments/{experiment_id}', { params: { path } }));
    throw redirect({ href: at(['experiments'], { experiment: name }), replace: true });
  },
});

export const experimentsRoutes = [list, run, short] as const;
