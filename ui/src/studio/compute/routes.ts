import { createRoute, redirect } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { integer, searchOf, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';

const ofLog = (raw: Record<string, unknown>) => ({
  // a number of a cluster's, or the name that an attached machine has for one of its own
  node: typeof raw.node === 'number' ? String(raw.node) : text(raw, 'node'),
  q: text(raw, 'q'),
  line: integer(raw, 'line'),
});

const page = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute',
  validateSearch: searchOf((raw) => ({ sort: text(raw, 'sort') })),
  component: later(() => import('./ComputePage'), 'ComputePage'),
});

const create = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/new',
  component: later(() => import('./clusters/ClusterNew'), 'ClusterNew'),
});

const cluster = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/$name',
  validateSearch: searchOf((raw) => ({ days: integer(raw, 'days'), ...ofLog(raw) })),
  component: later(() => import('./clusters/ClusterPage'), 'ClusterPage'),
});

// what the path above a machine's page leads to: the list is on the page of compute
const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/machines',
  beforeLoad: () => {
    throw redirect({ href: at(['compute']), replace: true });
  },
});

const attach = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/machines/new',
  component: later(() => import('./machines/MachineNew'), 'MachineNew'),
});

const machine = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'compute/machines/$name',
  validateSearch: searchOf(ofLog),
  component: later(() => import('./machines/MachinePage'), 'MachinePage'),
});

export const computeRoutes = [page, create, cluster, list, attach, machine] as const;
