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

test('the state of a pipeline is asked for when its own run is in another state, not with each of its jobs', async () => {
  const { cache } = await draw(<Watches />);
  cache.setQueryData(ownState('p').queryKey, { id: 'p', state: 'Running' } as never);
  const asked = vi.spyOn(cache, 'invalidateQueries');
  vi.useFakeTimers();
  try {
    for (let job = 0; job < 50; job += 1)
      deliver({ kind: 'run.completed', subject: `job ${job}`, data: { parent_id: 'p' } });
    deliver({ kind: 'run.updated', subject: 'p', data: { state: 'Running' } });
    await act(() => vi.advanceTimersByTimeAsync(1000));
    expect(asked).not.toHaveBeenCalled();
    for (const data of [{ desired: 'canceled' }, { state: 'Canceled' }]) {
      deliver({ kind: 'run.updated', subject: 'p', data });
      await act(() => vi.advanceTimersByTimeAsync(1000));
    }
    expect(asked.mock.calls.map(([what]) => what?.queryKey)).toEqual(Array(2).fill(ownState('p').queryKey));
  } finally {
    vi.useRealTimers();
  }
});
