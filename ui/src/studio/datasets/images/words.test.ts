import { expect, test } from 'vitest';
import type { Gallery, ImageItem } from './queries';
import { choices, described } from './words';

const image: ImageItem = {
  path: 'cat/1.png',
  label: 'cat',
  split: 'train',
  format: 'PNG',
  width: 40,
  height: 30,
  mode: 'RGB',
  bytes: 900,
  error: null,
  small: null,
};

test('an image is described by what is known of it', () => {
  expect(described(image)).toBe('cat, train, 40 × 30, PNG, 900 B');
  expect(described({ ...image, label: null, split: null, width: null, format: null })).toBe('900 B');
});

test('classes are chosen with their counts', () => {
  const found = {
    classes: [
      { label: 'cat', images: 1200, damaged: 0 },
      { label: null, images: 2, damaged: 2 },
    ],
  } as unknown as Gallery;
  expect(choices(found)).toEqual([
    { value: 'cat', label: 'cat (1,200)' },
    { value: '', label: 'Without a label (2)' },
  ]);
});
