import { expect, test } from 'vitest';
import { flag, integer, list, oneOf, text } from './search';
import { at, parseSearch, stringifySearch, workspaceOf } from './workspace';

test('the workspace is read from the address', () => {
  expect(workspaceOf('/w/team%20a/datasets')).toBe('team a');
  expect(workspaceOf('/signin')).toBe('default');
});

test('addresses escape names and leave defaults out', () => {
  expect(at(['datasets', 'a/b'], { tab: undefined, q: 'x y' })).toBe('/w/default/datasets/a%2Fb?q=x+y');
});

test('search params survive the way to the address and back', () => {
  const search = { sort: '-created,name', runs: ['a', 'b'], all: true };
  expect(parseSearch(stringifySearch(search))).toEqual({ sort: '-created,name', runs: 'a,b', all: 'true' });
});

test('readers ignore what does not fit', () => {
  const raw = { tab: 'nonsense', version: '3', bad: 'x', runs: 'a,,b', all: 'true', q: '' };
  expect(oneOf(raw, 'tab', ['preview', 'profile'])).toBeUndefined();
  expect(integer(raw, 'version')).toBe(3);
  expect(integer(raw, 'bad')).toBeUndefined();
  expect(list(raw, 'runs')).toEqual(['a', 'b']);
  expect(flag(raw, 'all')).toBe(true);
  expect(text(raw, 'q')).toBeUndefined();
});
