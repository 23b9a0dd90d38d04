import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { oneOf, searchOf } from '@/kernel/search';

export const TABS = ['about', 'tokens', 'members', 'accounts', 'audit'] as const;

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'workspace',
  validateSearch: searchOf((raw) => ({ tab: oneOf(raw, 'tab', TABS) })),
  component: lazyRouteComponent(() => import('./WorkspacePage'), 'WorkspacePage'),
});

export const workspaceRoutes = [page] as const;
