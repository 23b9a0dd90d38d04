import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute',
  component: lazyRouteComponent(() => import('./ComputePage'), 'ComputePage'),
});

export const computeRoutes = [page] as const;
