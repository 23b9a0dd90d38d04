import { expect, test } from 'vitest';
import type { FileProfile } from './queries';
import { bin, range, shares, things } from './words';

test('sizes, ranges and shares are said in words', () => {
  expect(bin(0, 1)).toBe('Empty');
  expect(bin(1000, 10_000)).toContain('–');
  expect(bin(1_000_000_000, null)).toContain('and more');
  expect(range({ low: 1, median: 2, high: 9 })).toBe('1 – 9, half below 2');
  expect(range({ low: 3, median: 3, high: 3 })).toBe('3');
  expect(range(null)).toBe('');
  expect(shares({ a: 1, b: 20 })).toBe('b 20, a 1');
});

test('what should be known is named', () => {
  const profile = {
    empty: 5,
    first_empty: ['a', 'b', 'c', 'd', 'e'],
    misnamed: 1,
    first_misnamed: [{ path: 'x.jpg', size: 1, note: 'its bytes are png' }],
    repeated: 2,
    repeated_bytes: 10,
    first_repeated: [{ paths: ['p', 'q', 'r'], files: 3, size: 5 }],
    images: { damaged: 1, first_damaged: [{ path: 'cut.jpg', size: 9, note: '' }] },
  } as unknown as FileProfile;
  expect(things(profile)).toEqual([
    '5 empty: a, b, c, …',
    '1 image cannot be shown: cut.jpg',
    '1 is not what its name says: x.jpg (its bytes are png)',
    '2 repeat the bytes of another (10 B): p = q',
  ]);
  expect(things({ ...profile, empty: 0, misnamed: 0, repeated: 0, images: null })).toEqual([]);
});
