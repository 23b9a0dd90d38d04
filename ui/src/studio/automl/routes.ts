import { createRoute } from '@tanstack/react-router';
import { later } from '@/kernel/later';
import { workspaceRoute } from '@/kernel/routing';
import { integer, list as words, oneOf, searchOf, text } from '@/kernel/search';

const list = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'automl',
  validateSearch: searchOf((raw) => ({ sort: text(raw, 'sort') })),
  component: later(() => import('./AutoMLList'), 'AutoMLList'),
});

export const STEPS = ['data', 'target', 'limits', 'review'] as const;

const wizard = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'automl/new',
  validateSearch: searchOf((raw) => ({
    step: oneOf(raw, 'step', STEPS),
    dataset: text(raw, 'dataset'),
    split: text(raw, 'split'),
    target: text(raw, 'target'),
    task: oneOf(raw, 'task', ['auto', 'classification', 'regression']),
    metric: text(raw, 'metric'),
    time: integer(raw, 'time'),
    trials: integer(raw, 'trials'),
    seed: integer(raw, 'seed'),
    cores: integer(raw, 'cores'),
    drop: words(raw, 'drop'),
    blocked: words(raw, 'blocked'),
    name: text(raw, 'name'),
    model: text(raw, 'model'),
  })),
  component: later(() => import('./wizard/Wizard'), 'Wizard'),
});

export const TABS = ['models', 'data', 'importance', 'details'] as const;

const result = createRoute({
  getParentRoute: () => workspaceRoute,
  path: 'automl/$runId',
  validateSearch: searchOf((raw) => ({
    tab: oneOf(raw, 'tab', TABS),
    model: text(raw, 'model'),
    sort: text(raw, 'sort'),
  })),
  component: later(() => import('./result/ResultPage'), 'ResultPage'),
});

export const automlRoutes = [list, wizard, result] as const;
