import { createRoute, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { api, data } from '@/kernel/request';
import { workspaceRoute } from '@/kernel/routing';
import { flag, integer, list as items, oneOf, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { addFinder } from '@/kit/actions';
import { monitorRoutes } from './monitors/routes';
import { readChoice } from './wizard/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets',
  validateSearch: searchOf((raw) => ({
    q: text(raw, 'q'),
    sort: text(raw, 'sort'),
    bin: flag(raw, 'bin'),
    tag: text(raw, 'tag'),
    kind: oneOf(raw, 'kind', ['any', 'tabular', 'file']),
  })),
  component: later(() => import('./DatasetList'), 'DatasetList'),
});

// "-" is no name of a dataset, while one may be called "new"
const create = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/-/new',
  validateSearch: searchOf(readChoice),
  component: later(() => import('./wizard/Wizard'), 'Wizard'),
});

const dash = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/-',
  beforeLoad: () => {
    throw redirect({ href: at(['datasets']), replace: true }); // the breadcrumb of the wizard
  },
});

export const TABS = [
  'explore',
  'profile',
  'quality',
  'drift',
  'lineage',
  'versions',
  'files',
  'consume',
] as const;

const detail = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/$name',
  validateSearch: searchOf((raw) => ({
    name: text(raw, 'name'),
    version: integer(raw, 'version'),
    tab: oneOf(raw, 'tab', TABS),
    column: text(raw, 'column'),
    sort: text(raw, 'sort'),
    alerts: text(raw, 'alerts'),
    method: oneOf(raw, 'method', ['pearson', 'spearman', 'cramers_v']),
    check: text(raw, 'check'),
    folder: text(raw, 'folder'),
    path: text(raw, 'path'),
    find: text(raw, 'find'),
    view: oneOf(raw, 'view', ['auto', 'list', 'grid']),
    label: text(raw, 'label'),
    part: text(raw, 'part'),
    damaged: flag(raw, 'damaged'),
    pair: items(raw, 'pair'),
    filter: text(raw, 'filter'),
    order: text(raw, 'order'),
    hide: text(raw, 'hide'),
    pin: text(raw, 'pin'),
    row: integer(raw, 'row'),
    mode: oneOf(raw, 'mode', ['table', 'sql']),
    q: text(raw, 'q'),
    chart: flag(raw, 'chart'),
  })),
  component: later(() => import('./DatasetPage'), 'DatasetPage'),
});

const compare = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'datasets/$name/compare',
  validateSearch: searchOf((raw) => ({
    left: integer(raw, 'left'),
    right: integer(raw, 'right'),
    show: oneOf(raw, 'show', ['diff', 'all']),
    change: oneOf(raw, 'change', ['any', 'added', 'removed', 'changed']),
  })),
  component: later(() => import('./versions/ComparePage'), 'ComparePage'),
});

addFinder({
  title: 'Datasets',
  find: async (wanted, signal) => {
    const page = await data(
      api().GET('/datasets', { params: { query: { search: wanted, limit: 6 } }, signal }),
    );
    return page.items.map((item) => ({
      id: item.name,
      label: item.name,
      detail: `${item.rows.toLocaleString('en-US')} rows, version ${item.version}`,
      href: at(['datasets', item.name]),
    }));
  },
});

export const datasetsRoutes = [list, create, dash, detail, compare, ...monitorRoutes] as const;
