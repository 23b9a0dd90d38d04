import { expect, test } from 'vitest';
import { nameOf, sourceOf, stepsOf, tagsOf } from './choice';
import { OPTIONS, optionsOf, placeholderOf, readOption, shownOption, wordsOf } from './options';
import { readChoice } from './search';
import { describe } from './preview';
import { inPython, snippetsOf } from './snippets';
import { chosenOf, readFormats, readReading, withColumn, writeReading } from './reading';

test('the address is the choice', () => {
  expect(readChoice({ from: 'upload', kind: 'tabular', step: 'source' })).toMatchObject({
    from: undefined,
    kind: undefined,
    step: undefined,
  });
  expect(readChoice({ from: 'sql', datastore: 'shop', query: 'SELECT 1', junk: 'x' })).toMatchObject({
    from: 'sql',
    datastore: 'shop',
    query: 'SELECT 1',
  });
});

test('a source is asked for when nothing of it is missing', () => {
  expect(sourceOf({})).toBeNull();
  expect(sourceOf({ session: 's' })).toEqual({ type: 'upload', session: 's' });
  expect(sourceOf({ from: 'datastore', datastore: 'lake', path: 'a', glob: 'a/*.csv' })).toEqual({
    type: 'datastore',
    datastore: 'lake',
    path: '',
    glob: 'a/*.csv',
  });
  expect(sourceOf({ from: 'url', url: 'ftp://x' })).toBeNull();
  expect(sourceOf({ from: 'run', run: 'r' })).toEqual({ type: 'run', run_id: 'r', path: '' });
});

test('files as they are and queries are not asked for a format', () => {
  expect(stepsOf({})).toContain('schema');
  expect(stepsOf({ kind: 'file' })).toEqual(['source', 'about']);
  expect(stepsOf({ from: 'sql' })).toEqual(['source', 'schema', 'about']);
});

test('a name is found in the source', () => {
  expect(nameOf({ from: 'url', url: 'https://x.org/a/iris%20.csv?raw=1' }, undefined)).toBe('iris-20');
  expect(nameOf({ from: 'datastore', datastore: 'lake', path: 'sales/2024/' }, undefined)).toBe('2024');
  expect(nameOf({ from: 'datastore', datastore: 'lake', glob: 'sales/**/*.csv' }, undefined)).toBe('sales');
  expect(nameOf({ from: 'sql', query: 'select * from shop.orders' }, undefined)).toBe('orders');
  expect(nameOf({}, 'Titanic passengers.csv')).toBe('Titanic-passengers');
  expect(tagsOf(['checked', 'team=blue'])).toEqual({ checked: '', team: 'blue' });
});

test('what is said of columns is kept, what says nothing is not', () => {
  let reading = withColumn({}, 'age', { type: 'integer' });
  reading = withColumn(reading, 'name', { include: false });
  expect(chosenOf(reading, 'age')).toEqual({ name: 'age', type: 'integer' });
  reading = withColumn(reading, 'name', { include: true });
  reading = withColumn(reading, 'age', { type: undefined });
  expect(writeReading(reading)).toBeUndefined();
  expect(readReading(writeReading({ delimiter: ';', columns: [{ name: 'a', include: false }] }))).toEqual({
    delimiter: ';',
    columns: [{ name: 'a', include: false }],
  });
  expect(writeReading({ transformations: [], columns: [] })).toBe('{"transformations":[]}');
  expect(readReading('[1]')).toEqual({});
  expect(readReading('{')).toEqual({});
  expect(readFormats(' %d/%m/%Y , yyyy ')).toEqual(['%d/%m/%Y', 'yyyy']);
});

test('values that would be lost are told with their lines', () => {
  expect(
    describe({
      column: 'age',
      type: 'integer',
      count: 3,
      exact: false,
      first: [{ file: 'a.csv', line: 7, row: 6, value: 'old' }],
    }),
  ).toBe('At least 3 values of age are no integer and would be missing: “old” (a.csv, line 7)');
});

test('the same in code names what was sent and how it is read', () => {
  const sent = { files: 1, first: "Köln's.csv" };
  expect(snippetsOf({}, 'koeln', sent).Python).toContain('create("Köln\'s.csv", "koeln")');
  const read = writeReading({ delimiter: ';', header: false, columns: [{ name: 'a', include: false }] });
  const code = snippetsOf({ read }, 'koeln', sent);
  expect(code.Python).toContain(
    'reading={"delimiter": ";", "header": False, "columns": [{"name": "a", "include": False}]}',
  );
  expect(code['Command line']).toBe(
    "studiolo datasets create 'Köln'\\''s.csv' --name koeln --delimiter ';' --no-header",
  );
  expect(snippetsOf({}, 'n', { files: 9, first: 'data/a.csv' }).Python).toContain('create("data/", "n")');
  expect(inPython({ a: [null, true, 1.5, 'x'] })).toBe('{"a": [None, True, 1.5, "x"]}');
});

test('any delimiter can be said, by its name or as it is', () => {
  const delimiter = OPTIONS.find((option) => option.key === 'delimiter');
  if (!delimiter) throw new Error('no delimiter');
  for (const [text, value] of [
    ['Comma', ','],
    ['tab', '\t'],
    ['\\t', '\t'],
    ['Ctrl-A', '\u0001'],
    ['::', '::'],
    [' ', ' '],
    ['', undefined],
  ])
    expect(readOption(delimiter, text ?? '')).toBe(value);
  expect(shownOption(delimiter, '\t')).toBe('Tab');
  expect(shownOption(delimiter, '::')).toBe('::');
  const header = OPTIONS.find((option) => option.key === 'header');
  expect(header && wordsOf(header, true)).toBe('In the first row of every file');
});

test('what a refusal asks for can be said before the format is known', () => {
  const keys = (asked: Record<string, string>, said = {}) =>
    optionsOf(undefined, said, asked).map((option) => option.key);
  expect(keys({})).not.toContain('member');
  expect(keys({ member: 'The archive holds 2 files.' })).toContain('member');
  expect(keys({}, { member: 'iris.csv' })).toContain('member');
});

test('an empty field says what was found, and of what is not found out what holds', () => {
  const of = (key: string, found?: unknown) =>
    OPTIONS.filter((one) => one.key === key)
      .map((one) => placeholderOf(one, found))
      .join('');
  expect(of('delimiter')).toBe('Find out');
  expect(of('delimiter', ';')).toBe('Found: Semicolon');
  expect(of('path_column')).toBe('None');
  expect(of('partition_format', null)).toBe('None');
  expect(of('table_version')).toBe('The newest');
});
