import { expect, test } from 'vitest';
import { delimiterOf, isDelimited, parseHead } from './table';

test('the mark is found in the first line', () => {
  expect(delimiterOf('a;b;c\n1,2;3')).toBe(';');
  expect(delimiterOf('a\tb\n')).toBe('\t');
  expect(delimiterOf('single\n')).toBe('\t');
});

test('quotes, line ends and marks inside of quotes', () => {
  const { columns, rows } = parseHead('a,b\r\n"x, ""y""","two\nlines"\r\n1,2', false);
  expect(columns).toEqual(['a', 'b']);
  expect(rows).toEqual([
    ['x, "y"', 'two\nlines'],
    ['1', '2'],
  ]);
});

test('a line that was cut off is left out', () => {
  expect(parseHead('a,b\n1,2\n3,', true).rows).toEqual([['1', '2']]);
});

test('which files', () => {
  expect([isDelimited('x/A.CSV'), isDelimited('a.txt')]).toEqual([true, false]);
});
