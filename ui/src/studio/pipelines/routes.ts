import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { workspaceRoute } from '@/kernel/routing';

const pages = () => import('./pages');

const route = <const P extends string>(path: P, name: keyof Awaited<ReturnType<typeof pages>>) =>
  createRoute({
    getParentRoute: () => workspaceRoute,
    path: `pipelines${path}` as const,
    component: lazyRouteComponent(pages, name),
  });

// the pages read what the address asks for themselves: nothing of it is needed before they are there
export const pipelinesRoutes = [
  route('', 'PipelinesPage'),
  route('/submit', 'SubmitPage'),
  route('/compare', 'ComparePage'),
  route('/components/$name', 'ComponentPage'),
  route('/$runId', 'PipelinePage'),
] as const;
