import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { ViewMenu } from './ViewMenu';

afterEach(() => vi.unstubAllGlobals());

test('views that did not come are told, and come when asked for again', async () => {
  const answers = [
    Response.json({ title: 'Away', detail: 'The database is away.' }, { status: 503 }),
    Response.json([{ id: 'v', name: 'Best first', mine: true, shared: false, default: false, state: {} }]),
  ];
  vi.stubGlobal('fetch', ({ url }: Request) =>
    url.endsWith('/experiments/views') ? Promise.resolve(answers.shift()) : new Promise(() => undefined),
  );
  await draw(<ViewMenu search={{}} onView={() => undefined} />);
  await userEvent.click(screen.getByRole('button', { name: 'Views' }));
  expect((await screen.findByRole('alert')).textContent).toContain('The database is away.');
  await userEvent.click(screen.getByText('Try again'));
  expect(await screen.findByText('Best first')).toBeTruthy();
  expect(screen.queryByRole('alert')).toBeNull();
});
