import { expect, test } from 'vitest';
import { nameFromFile, nameProblem } from './naming';

test('a name is made from the file name, endings left out', () => {
  expect(nameFromFile('My data (2020).csv.gz')).toBe('My_data_2020');
  expect(nameFromFile('titanic.parquet')).toBe('titanic');
});

test('a name the server would refuse is said at once', () => {
  expect(nameProblem('titanic-1')).toBeNull();
  expect(nameProblem('../x')).toContain('letters');
  expect(nameProblem('-x')).toContain('starting');
});
