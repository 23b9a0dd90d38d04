import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { flag, oneOf, searchOf, text } from '@/kernel/search';

export const TABS = [
  'about',
  'tokens',
  'members',
  'accounts',
  'secrets',
  'webhooks',
  'mail',
  'audit',
] as const;

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'workspace',
  validateSearch: searchOf((raw) => ({
    tab: oneOf(raw, 'tab', TABS),
    hook: text(raw, 'hook'),
    secret: text(raw, 'secret'),
    bin: flag(raw, 'bin'),
  })),
  component: later(() => import('./WorkspacePage'), 'WorkspacePage'),
});

const notices = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'workspace/notices',
  validateSearch: searchOf((raw) => ({ unread: flag(raw, 'unread') })),
  component: later(() => import('./notices/NoticesPage'), 'NoticesPage'),
});

export const workspaceRoutes = [page, notices] as const;
