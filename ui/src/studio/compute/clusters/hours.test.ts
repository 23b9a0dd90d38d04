import { expect, test } from 'vitest';
import { hours } from './queries';

test('short uses are told apart', () => {
  expect([51.4 / 3600, 78.7 / 3600, 0.12, 12.4, 0].map(hours)).toEqual([
    '51 s',
    '1 min 19 s',
    '0.12 h',
    '12 h',
    '0 h',
  ]);
});
