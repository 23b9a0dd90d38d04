import { expect, test } from 'vitest';
import { reasonOf, whyQueued } from './waits';

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

test('in a list that shows the places, only what a job waits for is left', () => {
  const turns = '(of the 2 before it 1 is of others: accounts and workspaces take turns)';
  expect(reasonOf(`is number 3 of 9 in the queue of 'a'b' ${turns}; waits for a node; held by x`)).toBe(
    'waits for a node; held by x',
  );
  expect(reasonOf(`is number 3 of 9 in the queue of 'local' ${turns}`)).toBe('');
  expect(reasonOf('waits for a node')).toBe('waits for a node');
  expect(reasonOf(null)).toBe('');
});
