import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { integer, oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { addFinder } from '@/kit/actions';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models',
  validateSearch: searchOf((raw) => ({ q: text(raw, 'q'), sort: text(raw, 'sort') })),
  component: lazyRouteComponent(() => import('./ModelList'), 'ModelList'),
});

export const TABS = ['details', 'files', 'use', 'versions'] as const;

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/$name',
  validateSearch: searchOf((raw) => ({
    version: integer(raw, 'version'),
    tab: oneOf(raw, 'tab', TABS),
    sort: text(raw, 'sort'),
  })),
  component: lazyRouteComponent(() => import('./ModelPage'), 'ModelPage'),
});

addFinder({
  title: 'Models',
  find: async (wanted, signal) => {
    const page = await data(
      api().GET('/models', { params: { query: { search: wanted, limit: 6 } }, signal }),
    );
    return page.items.map((item) => ({
      id: item.name,
      label: item.name,
      detail: `${item.versions} ${item.versions === 1 ? 'version' : 'versions'}`,
      href: at(['models', item.name]),
    }));
  },
});

export const modelsRoutes = [list, detail] as const;
