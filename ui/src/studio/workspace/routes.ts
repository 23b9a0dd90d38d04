import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { oneOf, searchOf, text } from '@/kernel/search';

export const TABS = ['about', 'tokens', 'members', 'accounts', 'webhooks', 'audit'] as const;

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'workspace',
  validateSearch: searchOf((raw) => ({ tab: oneOf(raw, 'tab', TABS), hook: text(raw, 'hook') })),
  component: lazyRouteComponent(() => import('./WorkspacePage'), 'WorkspacePage'),
});

export const workspaceRoutes = [page] as const;
