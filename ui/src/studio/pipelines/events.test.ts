import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { StepState } from './queries';
import { gather, patched } from './useEvents';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const step = (path: string, state: StepState['state']): StepState => ({ path, state }) as StepState;

test('steps that change together are asked for once, and what comes while they are is asked for after it', async () => {
  const asked: string[][] = [];
  let answer: () => void = () => undefined;
  const due = gather((paths) => {
    asked.push([...paths]);
    return new Promise<void>((done) => (answer = done));
  }, 250);
  due.add(['a']);
  due.add(['b', 'a']);
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toEqual([['a', 'b']]);
  due.add(['c']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1); // the first answer is not here yet
  answer();
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toEqual([['a', 'b'], ['c']]);
});

test('a refused question does not end the following of events', async () => {
  let asked = 0;
  const due = gather(() => Promise.reject(new Error(`refused ${(asked += 1)}`)), 250);
  due.add(['a']);
  await vi.advanceTimersByTimeAsync(250);
  due.add(['a']);
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toBe(2);
});

test('changed steps are put in their places, untouched ones stay the same objects', () => {
  const old = [step('a', 'Completed'), step('b', 'Running')];
  const next = patched(old, [step('b', 'Completed'), step('b/1', 'Queued')]);
  expect(next.map((one) => `${one.path} ${one.state}`)).toEqual(['a Completed', 'b Completed', 'b/1 Queued']);
  expect(next[0]).toBe(old[0]);
});
