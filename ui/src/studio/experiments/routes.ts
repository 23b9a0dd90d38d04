import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { at } from '@/kernel/workspace';
import { readListSearch, readRunSearch } from './search';

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

// The short address of a run, as people type it.
const short = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/$runId',
  beforeLoad: ({ params }) => {
    throw redirect({ href: at(['experiments', 'runs', params.runId]), replace: true });
  },
});

export const experimentsRoutes = [list, run, short] as const;
