import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { integer, searchOf, text } from '@/kernel/search';

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute',
  validateSearch: searchOf((raw) => ({ sort: text(raw, 'sort') })),
  component: lazyRouteComponent(() => import('./ComputePage'), 'ComputePage'),
});

const create = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/new',
  component: lazyRouteComponent(() => import('./clusters/ClusterNew'), 'ClusterNew'),
});

const cluster = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/$name',
  validateSearch: searchOf((raw) => ({ days: integer(raw, 'days') })),
  component: lazyRouteComponent(() => import('./clusters/ClusterPage'), 'ClusterPage'),
});

export const computeRoutes = [page, create, cluster] as const;
