import { expect, it } from 'vitest';
import { DRAFT_NAME, draftName } from './naming';

it.each([
  ['Nightly scores', 'Nightly-scores'],
  ['  Größe & Maß  ', 'Gro-e-Ma'],
  ['--', 'pipeline'],
  ['', 'pipeline'],
  ['x'.repeat(300), 'x'.repeat(100)],
])('makes a name that a draft may have of %j', (title, name) => {
  expect(draftName(title)).toBe(name);
  expect(draftName(title)).toMatch(DRAFT_NAME);
});
