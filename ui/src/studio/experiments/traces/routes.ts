import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { searchOf, text } from '@/kernel/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/traces',
  validateSearch: searchOf((raw) => ({
    experiment: text(raw, 'experiment'),
    q: text(raw, 'q'),
    filter: text(raw, 'filter'),
    sort: text(raw, 'sort'),
  })),
  component: later(() => import('./TracesPage'), 'TracesPage'),
});

const trace = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/traces/$traceId',
  validateSearch: searchOf((raw) => ({ span: text(raw, 'span') })),
  component: later(() => import('./TracePage'), 'TracePage'),
});

export const tracesRoutes = [list, trace] as const;
