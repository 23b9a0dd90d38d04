import { expect, test } from 'vitest';
import { nameFromFile, nameProblem } from './naming';

test('a name is made from the file name, endings left out', () => {
  expect(nameFromFile('Sales 2024 (final).csv')).toBe('Sales-2024-final');
  expect(nameFromFile('titanic.csv.gz')).toBe('titanic');
  expect(nameFromFile('merged.xlsx')).toBe('merged');
  expect(nameFromFile('_v1.2 data')).toBe('v1.2-data');
});

test('a name the server would refuse is said at once', () => {
  expect(nameProblem('titanic-1')).toBeNull();
  expect(nameProblem('../x')).toContain('letters');
  expect(nameProblem('-x')).toContain('starting');
});
