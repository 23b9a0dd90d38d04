import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { session, type Session } from '@/kernel/session';
import { draw } from '@/testing/render';
import { Denied } from './Denied';

const reader: Session = {
  account: 'ada',
  version: '1',
  workspaces: [{ workspace: 'default', role: 'Reader', permissions: ['*.read'] }],
};

test('a reader is told before the form is filled in, and not before the role is known', async () => {
  window.history.replaceState({}, '', '/w/default/datasets/new');
  const { cache } = await draw(<Denied permission="datasets.write" to="create datasets" />);
  expect(screen.queryByText(/may not create datasets/)).toBeNull();
  cache.setQueryData(session.queryKey, reader);
  expect(await screen.findByText(/may not create datasets/)).toBeTruthy();
});

test('who may is not bothered', async () => {
  const { cache } = await draw(<Denied permission="datasets.read" to="see datasets" />);
  cache.setQueryData(session.queryKey, reader);
  expect(screen.queryByText(/may not/)).toBeNull();
});
