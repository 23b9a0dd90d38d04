import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datastores',
  component: lazyRouteComponent(() => import('./DatastoresPage'), 'DatastoresPage'),
});

export const datastoresRoutes = [list] as const;
