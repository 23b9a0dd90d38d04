import { expect, test } from 'vitest';
import { lookOf, mostlyImages, nameOf, wayTo } from './look';

test('a file is looked at as what its ending says', () => {
  expect(lookOf('a/b.JPG')).toBe('image');
  expect(lookOf('a/b.parquet')).toBe('none');
  expect(lookOf('a/notes')).toBe('text');
  expect(nameOf('a/b/c.txt')).toBe('c.txt');
});

test('a folder of pictures is a grid', () => {
  expect(mostlyImages([{ path: 'a.png' }, { path: 'b.png' }, { path: 'readme.md' }])).toBe(true);
  expect(mostlyImages([{ path: 'a', folder: true }])).toBe(false);
});

test('the way to a folder', () => {
  expect(wayTo('a/b')).toEqual(['a', 'a/b']);
  expect(wayTo('')).toEqual([]);
});
