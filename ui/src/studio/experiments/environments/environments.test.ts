import { expect, test } from 'vitest';
import { pageOf } from './queries';

test('an archived environment is opened by its version, for without one there is none', () => {
  expect(pageOf({ name: 'trees', version: 3, archived: false })).toBe(
    '/w/default/experiments/environments/trees',
  );
  expect(pageOf({ name: 'trees', version: 3, archived: true })).toBe(
    '/w/default/experiments/environments/trees?version=3',
  );
});
