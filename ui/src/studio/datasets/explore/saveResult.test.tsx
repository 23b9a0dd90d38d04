import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { SaveResult } from './SaveResult';

afterEach(() => vi.unstubAllGlobals());

// a field that grows measures itself again when letters arrive, which this document does not have
Object.defineProperty(document, 'fonts', { value: new EventTarget(), configurable: true });

const begun = {
  run_id: 'abc',
  name: 'joined',
  kind: 'tabular',
  mode: 'managed',
  source: { type: 'answer' },
  created_at: '2026-11-26T10:00:00Z',
  created_by: 'ann',
};

/** Answers a studio whose job is as far as the last of the states, and keeps what was sent. */
function answering(states: object[]): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    const path = new URL(request.url).pathname;
    if (request.method !== 'GET') sent.push(request.clone());
    if (request.method === 'POST')
      return Promise.resolve(Response.json({ ...begun, state: 'queued' }, { status: 202 }));
    if (path.includes('/registrations/'))
      return Promise.resolve(
        Response.json({ ...begun, ...(states.length > 1 ? states.shift() : states[0]) }),
      );
    return Promise.resolve(
      Response.json({ workspaces: [{ workspace: 'default', role: 'Owner', permissions: ['*.*'] }] }),
    );
  });
  return sent;
}

async function save(): Promise<void> {
  await draw(<SaveResult query="select 1 as a" dataset="towns:2" />);
  const open = screen.getByRole('button', { name: 'Save as dataset' });
  await waitFor(() => expect(open.getAttribute('aria-disabled')).toBeNull());
  fireEvent.click(open);
  fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: 'joined' } });
  fireEvent.click(screen.getByRole('button', { name: 'Save' }));
}

test('a job that saves is followed in the dialog, and can be stopped there', async () => {
  const sent = answering([{ state: 'running', label: '12.5 MB of the answer' }]);
  await save();
  expect(await screen.findByText(/12\.5 MB of the answer/)).toBeTruthy();
  expect(await sent[0]?.json()).toEqual({
    query: 'select 1 as a',
    dataset: 'towns:2',
    name: 'joined',
    description: '',
    timeout: 3600,
  });
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(sent.map((request) => request.method)).toEqual(['POST', 'DELETE']));
});

test('what only the rows showed is told, and the name is still there', async () => {
  answering([
    { state: 'failed', error: 'The query returns no rows.', hint: 'Ask for something that is there.' },
  ]);
  await save();
  expect(await screen.findByText(/returns no rows/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Back to the name' }));
  expect((await screen.findByLabelText<HTMLInputElement>(/^Name/)).value).toBe('joined');
});
