import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { integer, oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { addFinder } from '@/kit/actions';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'endpoints',
  validateSearch: searchOf((raw) => ({ sort: text(raw, 'sort') })),
  component: later(() => import('./EndpointList'), 'EndpointList'),
});

const deploy = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'endpoints/new',
  validateSearch: searchOf((raw) => ({ model: text(raw, 'model'), name: text(raw, 'name') })),
  component: later(() => import('./DeployPage'), 'DeployPage'),
});

export const TABS = ['details', 'test', 'consume', 'metrics', 'logs', 'deployments'] as const;

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'endpoints/$name',
  validateSearch: searchOf((raw) => ({
    tab: oneOf(raw, 'tab', TABS),
    kind: oneOf(raw, 'kind', ['process', 'requests']),
    deployment: integer(raw, 'deployment'),
    q: text(raw, 'q'),
    over: integer(raw, 'over'),
  })),
  component: later(() => import('./EndpointPage'), 'EndpointPage'),
});

addFinder({
  title: 'Endpoints',
  find: async (wanted, signal) => {
    const page = await data(api().GET('/endpoints', { params: { query: { limit: 1000 } }, signal }));
    return page.items
      .filter((item) => item.name.toLowerCase().includes(wanted.toLowerCase()))
      .slice(0, 6)
      .map((item) => ({
        id: item.name,
        label: item.name,
        detail: item.state,
        href: at(['endpoints', item.name]),
      }));
  },
});

export const endpointsRoutes = [list, deploy, detail] as const;
