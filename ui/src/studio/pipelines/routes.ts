import { createRoute, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { at } from '@/kernel/workspace';

// the pages read what the address asks for themselves: nothing of it is needed before they are there

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines',
  component: later(() => import('./PipelinesPage'), 'PipelinesPage'),
});

const submit = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/submit',
  component: later(() => import('./submit/SubmitPage'), 'SubmitPage'),
});

const compare = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/compare',
  component: later(() => import('./compare/ComparePage'), 'ComparePage'),
});

const component = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/components/$name',
  component: later(() => import('./components/ComponentPage'), 'ComponentPage'),
});

// what the path above a component's page leads to
const components = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/components',
  beforeLoad: () => {
    throw redirect({ href: at(['pipelines'], { tab: 'components' }), replace: true });
  },
});

const published = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/published/$name',
  component: later(() => import('./published/PublishedPage'), 'PublishedPage'),
});

// what the path above such a page leads to
const publishedAll = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/published',
  beforeLoad: () => {
    throw redirect({ href: at(['pipelines'], { tab: 'published' }), replace: true });
  },
});

const run = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'pipelines/$runId',
  component: later(() => import('./PipelinePage'), 'PipelinePage'),
});

export const pipelinesRoutes = [
  list,
  submit,
  compare,
  components,
  component,
  published,
  publishedAll,
  run,
] as const;
