import { createRoute, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { flag, integer, list as items, oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { addFinder } from '@/kit/actions';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models',
  validateSearch: searchOf((raw) => ({ q: text(raw, 'q'), sort: text(raw, 'sort'), bin: flag(raw, 'bin') })),
  component: later(() => import('./ModelList'), 'ModelList'),
});

export const SOURCES = ['file', 'run', 'address', 'web'] as const;

const register = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/new',
  validateSearch: searchOf((raw) => ({
    from: oneOf(raw, 'from', SOURCES),
    name: text(raw, 'name'),
    run: text(raw, 'run'),
    path: text(raw, 'path'),
    address: text(raw, 'address'),
    fetch: text(raw, 'fetch'),
  })),
  component: later(() => import('./RegisterPage'), 'RegisterPage'),
});

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/$name',
  validateSearch: searchOf((raw) => ({
    version: integer(raw, 'version'),
    sort: text(raw, 'sort'),
    selected: items(raw, 'selected'),
  })),
  beforeLoad: ({ params, search }) => {
    const { version } = search as { version?: number }; // how links to a version were written before it had a page
    if (version !== undefined)
      throw redirect({ href: at(['models', params.name, 'versions', String(version)]), replace: true });
  },
  component: later(() => import('./ModelPage'), 'ModelPage'),
});

export const TABS = ['details', 'scan', 'files', 'use'] as const;

const version = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/$name/versions/$version',
  validateSearch: searchOf((raw) => ({
    tab: oneOf(raw, 'tab', TABS),
    path: text(raw, 'path'),
    grade: oneOf(raw, 'grade', ['worse', 'all']),
  })),
  component: later(() => import('./VersionPage'), 'VersionPage'),
});

const versions = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/$name/versions',
  beforeLoad: ({ params }) => {
    throw redirect({ href: at(['models', params.name]), replace: true }); // the breadcrumb of a version
  },
});

const compare = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'models/$name/compare',
  validateSearch: searchOf((raw) => ({ v: items(raw, 'v'), show: oneOf(raw, 'show', ['diff', 'all']) })),
  component: later(() => import('./ComparePage'), 'ComparePage'),
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

export const modelsRoutes = [list, register, detail, versions, version, compare] as const;
