import { expect, test } from 'vitest';
import { whyQueued } from './why';

test('a waiting job says what it waits for', () => {
  expect(whyQueued("waits for 2 of 4 cores of 'local', 1 free", 0)).toBe(
    "Waits for 2 of 4 cores of 'local', 1 free.",
  );
  expect(whyQueued('waits for a node', 2)).toBe('Waits for a node. 2 jobs come before it.');
  expect(whyQueued('starts as soon as the controller sees it', 1)).toBe('One job comes before it.');
  expect(whyQueued('waits for a machine: is it on?', 0)).toBe('Waits for a machine: is it on?');
  expect(whyQueued(null, 0)).toBe('It starts in a moment.');
});
