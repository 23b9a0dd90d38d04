import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';

const home = createRoute({
  getParentRoute: () => workspaceRoute,
  path: '/',
  component: later(() => import('./Home'), 'Home'),
});

export const homeRoutes = [home] as const;
