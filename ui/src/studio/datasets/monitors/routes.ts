import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';
import { searchOf, text } from '@/kernel/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors',
  component: lazyRouteComponent(() => import('./MonitorList'), 'MonitorList'),
});

const form = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors/new',
  validateSearch: searchOf((raw) => ({ dataset: text(raw, 'dataset'), edit: text(raw, 'edit') })),
  component: lazyRouteComponent(() => import('./MonitorForm'), 'MonitorForm'),
});

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors/$monitor',
  validateSearch: searchOf((raw) => ({
    window: text(raw, 'window'),
    feature: text(raw, 'feature'),
    sort: text(raw, 'sort'),
  })),
  component: lazyRouteComponent(() => import('./MonitorPage'), 'MonitorPage'),
});

export const monitorRoutes = [list, form, detail] as const;
