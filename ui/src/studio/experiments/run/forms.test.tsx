import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { session, type Session } from '@/kernel/session';
import { RangeDialog, readEnd } from '@/kit/charts/RangeDialog';
import { draw } from '@/testing/render';
import type { Run } from '../queries';
import { InBin } from './InBin';
import { TagEditor } from './TagEditor';

const a = (lifecycle: Run['lifecycle']) => ({ id: 'r', state: 'Running', name: 'r', lifecycle }) as Run;

test('a deleted run says so and offers to come back', async () => {
  const { unmount } = await draw(<InBin run={a('active')} />);
  expect(screen.queryByText('This run is in the bin.')).toBeNull();
  unmount();
  await draw(<InBin run={a('deleted')} />);
  screen.getByText('This run is in the bin.');
  screen.getByRole('button', { name: 'Restore' });
});

test('a part of the axis is chosen in numbers, and not backwards', async () => {
  const onRange = vi.fn();
  await draw(<RangeDialog axis="step" range={null} onRange={onRange} onClose={() => undefined} />);
  await userEvent.type(screen.getByLabelText('From'), '200');
  await userEvent.type(screen.getByLabelText('To'), '10');
  screen.getByText('It ends before it begins.');
  await userEvent.type(screen.getByLabelText('To'), '00{Enter}');
  expect(onRange).toHaveBeenCalledExactlyOnceWith([200, 1000]);
  expect(readEnd('time', '2026-11-27T10:00:00')).toBe(new Date(2026, 10, 27, 10).getTime() / 1000);
  expect([readEnd('step', ''), readEnd('time', 'soon')]).toEqual([undefined, undefined]);
});

test('what was typed into a tag is still there when the studio refuses it', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('away')));
  const { cache } = await draw(<TagEditor run={a('active')} tags={{}} />);
  cache.setQueryData(session.queryKey, {
    workspaces: [{ workspace: 'default', permissions: ['*.*'] }],
  } as unknown as Session);
  await userEvent.click(await screen.findByRole('button', { name: 'Add tag' }));
  await userEvent.type(screen.getByLabelText('Name of the tag'), 'team');
  await userEvent.type(screen.getByLabelText('Value of the tag'), 'blue{Enter}');
  await screen.findByText('The studio does not answer');
  expect((await screen.findByLabelText<HTMLInputElement>('Name of the tag')).value).toBe('team');
  expect(screen.getByLabelText<HTMLInputElement>('Value of the tag').value).toBe('blue');
  vi.unstubAllGlobals();
});
