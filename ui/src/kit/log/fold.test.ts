import { expect, test } from 'vitest';
import { foldLine, LogBuffer, matches } from './fold';

test('a progress line shows its last rewrite', () => {
  expect(foldLine('10%\r20%\r30%')).toBe('30%');
  expect(foldLine('done\r')).toBe('done');
});

test('terminal colours are removed', () => {
  expect(foldLine('\u001b[31mred\u001b[0m plain')).toBe('red plain');
});

test('a line that arrives in pieces is one line', () => {
  const log = new LogBuffer();
  log.push('hel');
  log.push('lo\nwor');
  expect(log.view()).toEqual(['hello', 'wor']);
});

test('an endless progress bar does not grow without end', () => {
  const log = new LogBuffer();
  for (let i = 0; i < 10_000; i += 1) log.push(`\r${i} of 10000 steps`);
  expect(log.view()).toEqual(['9999 of 10000 steps']);
  expect((log as unknown as { open: string }).open.length).toBeLessThan(5000);
});

test('search ignores case and an empty query finds nothing', () => {
  expect(matches(['Loss 1', 'acc', 'LOSS 2'], 'loss')).toEqual([0, 2]);
  expect(matches(['a'], '')).toEqual([]);
});
