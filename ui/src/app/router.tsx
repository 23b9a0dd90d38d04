import { createRoute, createRouter, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { queries } from '@/kernel/query';
import { rootRoute, workspaceRoute } from '@/kernel/routing';
import { searchOf, text } from '@/kernel/search';
import { session } from '@/kernel/session';
import { parseSearch, stringifySearch } from '@/kernel/workspace';
import { Pending } from '@/kit/Page';
import { automlRoutes } from '@/studio/automl/routes';
import { computeRoutes } from '@/studio/compute/routes';
import { datasetsRoutes } from '@/studio/datasets/routes';
import { datastoresRoutes } from '@/studio/datastores/routes';
import { endpointsRoutes } from '@/studio/endpoints/routes';
import { compareRoute } from '@/studio/experiments/compare/route';
import { experimentsRoutes } from '@/studio/experiments/routes';
import { tracesRoutes } from '@/studio/experiments/traces/routes';
import { homeRoutes } from '@/studio/home/routes';
import { modelsRoutes } from '@/studio/models/routes';
import { pipelinesRoutes } from '@/studio/pipelines/routes';
import { schedulesRoutes } from '@/studio/schedules/routes';
import { Failed } from './Failed';
import { workspaceRoutes } from '@/studio/workspace/routes';
import { Shell } from './Shell';

const NotFound = later(() => import('./NotFound'), 'NotFound');

workspaceRoute.update({ component: Shell });

const startRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  loader: async () => {
    const who = await queries.ensureQueryData(session).catch(() => null);
    if (!who) throw redirect({ href: '/signin' });
    throw redirect({ to: '/w/$ws', params: { ws: who.workspaces[0]?.workspace ?? 'default' } });
  },
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signin',
  validateSearch: searchOf((raw) => ({ problem: text(raw, 'problem'), then: text(raw, 'then') })),
  component: later(() => import('./SignIn'), 'SignIn'),
});

const galleryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/__gallery',
  component: import.meta.env.DEV ? later(() => import('./gallery/Gallery'), 'Gallery') : NotFound,
});

const tree = rootRoute.addChildren([
  startRoute,
  signInRoute,
  galleryRoute,
  workspaceRoute.addChildren([
    ...homeRoutes,
    ...automlRoutes,
    ...datasetsRoutes,
    compareRoute,
    ...experimentsRoutes,
    ...tracesRoutes,
    ...pipelinesRoutes,
    ...schedulesRoutes,
    ...modelsRoutes,
    ...endpointsRoutes,
    ...computeRoutes,
    ...datastoresRoutes,
    ...workspaceRoutes,
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: Pending,
  defaultPendingMs: 150,
  defaultErrorComponent: ({ error }) => <Failed error={error} onRetry={() => void router.invalidate()} />,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
