import { expect, test } from 'vitest';
import { whyQueued } from './why';

test('a waiting job says where it is in its queue and what it waits for', () => {
  expect(whyQueued("waits for 2 of 4 cores of 'local', 1 free")).toBe(
    "Waits for 2 of 4 cores of 'local', 1 free.",
  );
  expect(whyQueued("is number 3 of 9 in the queue of 'local'; waits for a node")).toBe(
    "Is number 3 of 9 in the queue of 'local'; waits for a node.",
  );
  expect(whyQueued('starts as soon as the controller sees it')).toBe('It starts in a moment.');
  expect(whyQueued('waits for a machine: is it on?')).toBe('Waits for a machine: is it on?');
  expect(whyQueued(null)).toBe('It starts in a moment.');
});
