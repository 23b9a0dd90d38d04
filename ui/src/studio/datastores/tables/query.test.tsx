import { fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { session, type Session } from '@/kernel/session';
import { draw } from '@/testing/render';
import { QueryPane } from './QueryPane';

vi.mock('@/kit/code/SqlEditor', () => ({
  SqlEditor: (props: { value: string; onChange: (text: string) => void; onRun: () => void }) => (
    <textarea
      aria-label="Query"
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && props.onRun()}
    />
  ),
}));

const account = (...permissions: string[]): Session => ({
  account: 'ada',
  version: '1',
  workspaces: [{ workspace: 'default', role: 'Contributor', permissions }],
});
const asked: string[] = [];
beforeEach(() => {
  asked.length = 0;
  vi.stubGlobal('fetch', async (request: Request) => {
    const { query } = (await request.json()) as { query: string };
    asked.push(query);
    return Response.json({ columns: [{ name: query, type: 'int64' }], rows: [[1]], more: false, total: 1 });
  });
});
afterEach(() => vi.unstubAllGlobals());

/** The address, with its Back and Forward. */
function Host() {
  const [past, setPast] = useState(['SELECT 1']);
  const [place, setPlace] = useState(0);
  return (
    <>
      <button type="button" onClick={() => setPlace(place - 1)}>
        Back
      </button>
      <button type="button" onClick={() => setPlace(place + 1)}>
        Forward
      </button>
      <QueryPane
        name="shop"
        query={past[place] ?? ''}
        tables={[]}
        onQuery={(query) => {
          setPast([...past.slice(0, place + 1), query ?? '']);
          setPlace(place + 1);
        }}
      />
    </>
  );
}
const text = () => screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Query' });
const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));

test('the editor and what is shown follow Back and Forward', async () => {
  const { cache } = await draw(<Host />);
  cache.setQueryData(session.queryKey, account('*.*'));
  fireEvent.change(text(), { target: { value: 'SELECT 2' } });
  await press('Run');
  expect(await screen.findByRole('columnheader', { name: /SELECT 2/ })).toBeTruthy();
  fireEvent.change(text(), { target: { value: 'SELECT 2 + 2' } });
  expect(text().value).toBe('SELECT 2 + 2');
  await press('Back');
  expect(text().value).toBe('SELECT 1');
  expect(screen.queryByRole('columnheader', { name: /SELECT 2/ })).toBeNull();
  await press('Forward');
  expect(text().value).toBe('SELECT 2');
});

test('who may not query is told so, and the keyboard does not ask either', async () => {
  const { cache } = await draw(<Host />);
  cache.setQueryData(session.queryKey, account('*.read'));
  const run = screen.getByRole('button', { name: 'Run' });
  await waitFor(() => expect(run.getAttribute('aria-disabled')).toBe('true'));
  fireEvent.focus(run);
  expect((await screen.findByRole('tooltip')).textContent).toMatch('may not query datastores');
  fireEvent.click(run);
  fireEvent.keyDown(text(), { key: 'Enter' });
  expect(asked).toEqual([]);
  cache.setQueryData(session.queryKey, account('*.*'));
  await waitFor(() => expect(run.getAttribute('aria-disabled')).toBeNull());
  fireEvent.keyDown(text(), { key: 'Enter' });
  await waitFor(() => expect(asked).toEqual(['SELECT 1']));
});
