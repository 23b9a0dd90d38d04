import { createRoute, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { flag, integer, oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { ENVIRONMENT_TABS } from './environments/search';
import { readRunSearch } from './run/search';
import { readTableSearch } from './table/state';

let warm: ((search: object) => void) | undefined;
const warming = () => import('./table/warm').then((found) => (warm = found.warm));

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments',
  validateSearch: readTableSearch,
  loader: ({ location, cause }) => {
    if (cause === 'stay') return;
    // at once where the code is there: even a promise of it is kept after the page was drawn
    if (warm) warm(location.search);
    else
      void warming().then(
        (ask) => ask(location.search),
        () => undefined,
      );
  },
  component: later(async () => {
    const [page] = await Promise.all([import('./table/RunTable'), warming()]);
    return page;
  }, 'RunTable'),
});

const run = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/runs/$runId',
  validateSearch: readRunSearch,
  loader: ({ params, location, cause }) => {
    if (cause === 'stay') return;
    void import('./run/warm').then(
      ({ warm: ask }) => ask(params.runId, location.search),
      () => undefined,
    );
  },
  component: later(() => import('./RunPage'), 'RunPage'),
});

const submit = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/submit',
  validateSearch: searchOf((raw) => ({ from: text(raw, 'from') })),
  component: later(() => import('./submit/SubmitPage'), 'SubmitPage'),
});

const environments = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/environments',
  validateSearch: searchOf((raw) => ({ archived: flag(raw, 'archived'), sort: text(raw, 'sort') })),
  component: later(() => import('./environments/EnvironmentList'), 'EnvironmentList'),
});

// "-" is no name of an environment, while one may be called "new"
const createEnvironment = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/environments/-/new',
  component: later(() => import('./environments/EnvironmentCreate'), 'EnvironmentCreate'),
});

const environment = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/environments/$name',
  validateSearch: searchOf((raw) => ({
    version: integer(raw, 'version'),
    tab: oneOf(raw, 'tab', ENVIRONMENT_TABS),
  })),
  component: later(() => import('./environments/EnvironmentPage'), 'EnvironmentPage'),
});

// The short address of a run, as people type it; of an experiment by its number, as MLflow's links name it.
const short = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'experiments/$runId',
  beforeLoad: async ({ params: { runId } }) => {
    if (runId === 'runs') throw redirect({ href: at(['experiments']), replace: true }); // the breadcrumb of a run
    if (!/^\d{1,18}$/.test(runId))
      throw redirect({ href: at(['experiments', 'runs', runId]), replace: true });
    throw redirect({ href: at(['experiments'], { exp: runId }), replace: true });
  },
});

export const experimentsRoutes = [
  list,
  run,
  submit,
  environments,
  createEnvironment,
  environment,
  short,
] as const;
