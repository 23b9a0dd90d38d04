import { act } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { deliver } from '@/kernel/events';
import { draw } from '@/testing/render';
import { ownState } from './queries';
import { useOwnEvents } from './useEvents';

function Watches() {
  useOwnEvents('p');
  return null;
}

test('the state of a pipeline is asked for when its own run changes, not with each of its jobs', async () => {
  const { cache } = await draw(<Watches />);
  const asked = vi.spyOn(cache, 'invalidateQueries');
  vi.useFakeTimers();
  try {
    for (let job = 0; job < 50; job += 1)
      deliver({ kind: 'run.completed', subject: `job ${job}`, data: { parent_id: 'p' } });
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(asked).not.toHaveBeenCalled();
    deliver({ kind: 'run.completed', subject: 'p', data: {} });
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(asked.mock.calls.map(([what]) => what?.queryKey)).toEqual([ownState('p').queryKey]);
  } finally {
    vi.useRealTimers();
  }
});
