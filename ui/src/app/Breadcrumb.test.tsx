import { MantineProvider } from '@mantine/core';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { theme } from '@/theme';
import { Breadcrumb } from './Breadcrumb';

const RUN = '0123456789abcdef0123456789abcdef';

async function crumbs(path: string) {
  const root = createRootRoute();
  const paths = ['experiments/environments/$name', 'experiments/environments/-/new', 'experiments/runs/$run'];
  const routes = paths.map((part) =>
    createRoute({ getParentRoute: () => root, path: `w/$ws/${part}`, component: Breadcrumb }),
  );
  const history = createMemoryHistory({ initialEntries: [path] });
  const router = createRouter({ routeTree: root.addChildren(routes), history });
  await router.load();
  render(
    <MantineProvider theme={theme} env="test">
      <RouterProvider router={router as never} />
    </MantineProvider>,
  );
  return (await screen.findAllByRole('listitem')).map((item) => item.textContent);
}

test('words of ours begin with a capital', async () => {
  expect(await crumbs('/w/lab/experiments/environments/-/new')).toEqual([
    'Experiments',
    'Environments',
    'New',
  ]);
});

test('a name stays as it is, also when it is one of our words', async () => {
  expect(await crumbs('/w/lab/experiments/environments/environments')).toEqual([
    'Experiments',
    'Environments',
    'environments',
  ]);
});

test('an id is short', async () => {
  expect(await crumbs(`/w/lab/experiments/runs/${RUN}`)).toEqual(['Experiments', 'Runs', RUN.slice(-8)]);
});
