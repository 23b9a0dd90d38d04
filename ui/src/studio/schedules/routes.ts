import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { searchOf, text } from '@/kernel/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'schedules',
  validateSearch: searchOf((raw) => ({ q: text(raw, 'q'), sort: text(raw, 'sort') })),
  component: later(() => import('./SchedulesPage'), 'SchedulesPage'),
});

const form = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'schedules/new',
  validateSearch: searchOf((raw) => ({ from: text(raw, 'from'), edit: text(raw, 'edit') })),
  component: later(() => import('./ScheduleForm'), 'ScheduleForm'),
});

const one = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'schedules/$name',
  component: later(() => import('./SchedulePage'), 'SchedulePage'),
});

export const schedulesRoutes = [list, form, one] as const;
