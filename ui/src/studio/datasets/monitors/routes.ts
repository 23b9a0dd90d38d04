import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { searchOf, text } from '@/kernel/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors',
  component: later(() => import('./MonitorList'), 'MonitorList'),
});

const form = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors/new',
  validateSearch: searchOf((raw) => ({ dataset: text(raw, 'dataset'), edit: text(raw, 'edit') })),
  component: later(() => import('./MonitorForm'), 'MonitorForm'),
});

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/monitors/$monitor',
  validateSearch: searchOf((raw) => ({
    window: text(raw, 'window')?.replace(' ', '+'), // mails of before have it unescaped
    feature: text(raw, 'feature'),
    sort: text(raw, 'sort'),
  })),
  component: later(() => import('./MonitorPage'), 'MonitorPage'),
});

export const monitorRoutes = [list, form, detail] as const;
