import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { Grants } from './Grants';
import type { Secret } from './queries';
import { Versions } from './Versions';
import { EXAMPLE, snippets } from './words';

const SECRET = {
  name: 'pw',
  description: '',
  granted: [{ kind: 'account', name: 'ada' }],
  created_by: 'ada',
  created_at: '2026-01-01T00:00:00Z',
} as unknown as Secret;
const VERSION = {
  version: 1,
  state: 'enabled',
  size: 8,
  fingerprint: 'ab12',
  expires_at: null,
  created_at: '2026-01-01T00:00:00Z',
  created_by: 'ada',
};

let answer: (request: Request) => Response;
beforeEach(() => {
  vi.stubGlobal('fetch', (request: Request) => Promise.resolve(answer(request)));
});
afterEach(() => vi.unstubAllGlobals());
const refused = () => Response.json({ title: 'Not so', detail: 'It was removed.' }, { status: 409 });
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

test('a refusal is told once, where it was asked for', async () => {
  answer = (request) => (request.method === 'PATCH' ? refused() : Response.json([VERSION]));
  const act = vi.fn();
  await draw(<Versions secret={SECRET} may act={act} />);
  await userEvent.click(await screen.findByRole('button', { name: 'Remove the value of version 1' }));
  const dialog = await screen.findByRole('dialog');
  await userEvent.type(within(dialog).getByRole('textbox'), 'pw:1');
  await userEvent.click(within(dialog).getByRole('button', { name: 'Remove the value of' }));
  expect(await within(dialog).findByText(/It was removed/)).toBeTruthy();
  await wait(50); // a toast would be drawn by now
  expect(act).not.toHaveBeenCalled();
  expect(screen.getAllByText(/It was removed/)).toHaveLength(1);
});

test('an undo that is refused is told once', async () => {
  answer = (request) => (request.url.endsWith('/revoke') ? Response.json(SECRET) : refused());
  const act = vi.fn((verb: Promise<unknown>) => void verb.catch(() => undefined));
  await draw(<Grants secret={SECRET} may act={act} />);
  await userEvent.click(screen.getByRole('button', { name: 'Take it back from ada' }));
  await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
  expect(await screen.findByText(/It was removed/)).toBeTruthy();
  expect(act).toHaveBeenCalledTimes(1); // of the taking alone: what it tells is told here already
});

test('lines of the code fit the box of an empty page', () => {
  const lines = Object.values(snippets(EXAMPLE)).flatMap((text) => text.split('\n'));
  expect(lines.filter((line) => line.length > 68)).toEqual([]);
});
