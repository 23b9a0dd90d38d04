import { expect, test } from 'vitest';
import { modelOf, rowsOf, treeOf } from './fileTree';
import { registerHref, statusOf } from './LoggedModels';

test('a logged model is a folder of the top, named as it is called', () => {
  const tree = treeOf([
    { path: 'models:/net/data/x.bin', size: 10 },
    { path: 'models:/net/MLmodel', size: 5 },
    { path: 'models/net.txt', size: 1 },
  ]);
  const rows = rowsOf(tree, () => true);
  expect(rows.map((row) => [row.path, row.name, row.depth, row.model])).toEqual([
    ['models', 'models', 0, false],
    ['models/net.txt', 'net.txt', 1, false],
    ['models:/net', 'net', 0, true],
    ['models:/net/data', 'data', 1, false],
    ['models:/net/data/x.bin', 'x.bin', 2, false],
    ['models:/net/MLmodel', 'MLmodel', 1, false],
  ]);
  expect(modelOf('models:/net/data/x.bin')).toBe('models:/net');
  expect(modelOf('models/net.txt')).toBeUndefined();
});

test('the wizard gets the run and the name, or the id where a later model has the name', () => {
  expect(registerHref({ id: 'r' }, { id: 'm-1', name: 'net', last: true })).toContain('run=r&path=net');
  expect(decodeURIComponent(registerHref({ id: 'r' }, { id: 'm-1', name: 'net', last: false }))).toContain(
    'from=address&address=models:/m-1',
  );
  expect(statusOf({ status: 'LOGGED_MODEL_READY' })).toBe('ready');
});
