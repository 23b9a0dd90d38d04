import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { addFinder } from '@/kit/actions';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datastores',
  validateSearch: searchOf((raw) => ({ q: text(raw, 'q'), sort: text(raw, 'sort') })),
  component: later(() => import('./DatastoreList'), 'DatastoreList'),
});

const create = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datastores/new',
  validateSearch: searchOf((raw) => ({ kind: text(raw, 'kind') })),
  component: later(() => import('./DatastoreCreate'), 'DatastoreCreate'),
});

export const TABS = ['files', 'tables', 'settings', 'used'] as const;

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datastores/$name',
  validateSearch: searchOf((raw) => ({
    tab: oneOf(raw, 'tab', TABS),
    folder: text(raw, 'folder'),
    file: text(raw, 'file'),
    sort: text(raw, 'sort'),
    schema: text(raw, 'schema'),
    table: text(raw, 'table'),
    query: text(raw, 'query'),
  })),
  component: later(() => import('./DatastorePage'), 'DatastorePage'),
});

addFinder({
  title: 'Datastores',
  find: async (wanted, signal) => {
    const all = await data(api().GET('/datastores', { signal }));
    const word = wanted.toLowerCase();
    return all
      .filter((it) => it.name.includes(word) || (it.location ?? '').toLowerCase().includes(word))
      .slice(0, 6)
      .map((it) => ({
        id: it.name,
        label: it.name,
        detail: it.kind_title ?? it.kind,
        href: at(['datastores', it.name]),
      }));
  },
});

export const datastoresRoutes = [list, create, detail] as const;
