import { expect, test } from 'vitest';
import { compare, parseSort, range, toCsv, writeSort } from './model';

test('a sort survives the address', () => {
  expect(writeSort(parseSort('-created,name'))).toBe('-created,name');
  expect(writeSort([])).toBeUndefined();
});

test('CSV quotes what needs it and leaves missing values empty', () => {
  const columns = [
    { id: 'a', header: 'a,b', value: (row: { a: string | null }) => row.a },
    { id: 'n', header: 'n', value: () => 1.5 },
  ];
  expect(toCsv([{ a: 'say "hi"' }, { a: null }], columns)).toBe('"a,b",n\n"say ""hi""",1.5\n,1.5\n');
});

test('shift selects from the last row to this one, in either direction', () => {
  expect(range(['a', 'b', 'c', 'd'], 'd', 'b')).toEqual(['b', 'c', 'd']);
  expect(range(['a'], 'gone', 'a')).toEqual(['a']);
});

test('names with numbers sort as people do', () => {
  expect(['run 10', 'run 9'].sort(compare)).toEqual(['run 9', 'run 10']);
  expect(compare(2, 10)).toBeLessThan(0);
});
