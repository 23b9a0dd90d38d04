import { act, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { later } from '@/kernel/later';
import { draw } from '@/testing/render';
import { Arriving } from './Arriving';

test('code that did not arrive is told, and asked for anew by "Try again"', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'], shouldAdvanceTime: true });
  vi.spyOn(console, 'error').mockImplementation(() => undefined); // React writes what a boundary caught
  const Bell = ({ word }: { word: string }) => <p>{word} rings</p>;
  const load = vi
    .fn<() => Promise<{ Bell: typeof Bell }>>()
    .mockRejectedValueOnce(new TypeError('Failed to fetch dynamically imported module'))
    .mockResolvedValue({ Bell });
  const Part = later(load, 'Bell');
  const drawn = (
    <Arriving fallback="comes">
      <Part word="It" />
    </Arriving>
  );
  await act(() => draw(drawn)); // what waits for code goes on in an act of its own
  expect(await screen.findByRole('heading', { name: 'The studio does not answer' })).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1000);
  await act(() =>
    userEvent.setup({ advanceTimers: vi.advanceTimersByTime }).click(screen.getByText('Try again')),
  );
  expect(await screen.findByText('It rings')).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(2);
  expect(Part.preload).toBeUndefined();
  vi.useRealTimers();
});
