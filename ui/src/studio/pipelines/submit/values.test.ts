import { expect, test } from 'vitest';
import { filledOf, givenOf, inFolder, lackOf, mainOf, valuesOf, type Port } from './values';

const port = (type: Port['type'], more: Partial<Port> = {}): Port => ({
  type,
  optional: false,
  enum: [],
  description: '',
  ...more,
});
const filled = (text: string) => ({ text, kept: null });

test('fields begin with what was given before, else with the default', () => {
  const ports = { rate: port('number', { default: 0.1 }), data: port('uri_file'), code: port('uri_folder') };
  const sent = { type: 'uri_folder' as const, files: [] };
  const values = {
    data: { type: 'uri_file' as const, path: 'azureml:titanic:1', mode: 'ro_mount' as const },
    code: sent,
  };
  expect(filledOf(ports, values)).toEqual({
    rate: filled('0.1'),
    data: filled('azureml:titanic:1'),
    code: { text: '', kept: sent },
  });
});

test('what is wrong with a value is said at its field', () => {
  expect(lackOf('x', port('number'), filled(''))).toBe('x has to be given');
  expect(lackOf('x', port('number', { optional: true }), filled(''))).toBeNull();
  expect(lackOf('x', port('number'), filled('a'))).toBe('x is a number');
  expect(lackOf('x', port('integer'), filled('1.5'))).toBe('x is a whole number');
  expect(lackOf('x', port('number', { min: 1 }), filled('0'))).toBe('x is at least 1');
  expect(lackOf('x', port('number', { max: 1 }), filled('2'))).toBe('x is at most 1');
  expect(lackOf('x', port('boolean'), filled('yes'))).toBe('x is true or false');
  expect(lackOf('x', port('string', { enum: ['a', 'b'] }), filled('c'))).toBe('x is one of a, b');
  expect(lackOf('x', port('uri_folder'), { text: '', kept: { type: 'uri_folder', files: [] } })).toBeNull();
});

test('texts become values of their types, and an empty one is no value', () => {
  expect(givenOf(port('integer'), filled(' 3 '), undefined)).toBe(3);
  expect(givenOf(port('boolean'), filled('True'), undefined)).toBe(true);
  expect(givenOf(port('string'), filled(' 3 '), undefined)).toBe(' 3 ');
  expect(
    givenOf(port('uri_file'), filled('https://a/b.csv'), { type: 'uri_file', path: 'x', mode: 'download' }),
  ).toEqual({
    type: 'uri_file',
    path: 'https://a/b.csv',
    mode: 'download',
  });
  expect(valuesOf({ a: port('string'), b: port('number') }, { a: filled(''), b: filled('1') }, {})).toEqual({
    b: 1,
  });
});

test('the pipeline is found among the files of its folder', async () => {
  const file = (path: string, text: string) => ({ path, file: new Blob([text]) });
  const found = await mainOf([
    file('src/train.py', ''),
    file('train.yml', 'type: command'),
    file('job.yml', 'type: pipeline'),
  ]);
  expect(found?.path).toBe('job.yml');
  expect((await mainOf([file('a/pipeline.yml', 'x'), file('job.yml', 'jobs:')]))?.path).toBe(
    'a/pipeline.yml',
  );
  expect(await mainOf([file('a.yml', 'x'), file('b.yml', 'y')])).toBeNull();
});

test('the name of a dropped folder is no part of its files, and git is left out', () => {
  const paths = (...all: string[]) => inFolder(all.map((path) => ({ path }))).map((one) => one.path);
  expect(paths('work/pipeline.yml', 'work/src/a.py', 'work/.git/HEAD')).toEqual(['pipeline.yml', 'src/a.py']);
  expect(paths('pipeline.yml', 'src/a.py')).toEqual(['pipeline.yml', 'src/a.py']);
});
