import { expect, test } from 'vitest';
import { plainText, segments } from './ansi';
import { foldLine, LogBuffer, matches } from './fold';

test('a progress line shows its last rewrite', () => {
  expect(foldLine('10%\r20%\r30%')).toBe('30%');
  expect(foldLine('done\r')).toBe('done');
  expect(foldLine('10%\r20%\r\u001b[K')).toBe('20%');
});

test('terminal colours are kept as pieces, other marks are left out', () => {
  expect(segments('\u001b[1;31mred\u001b[0m plain \u001b[2K\u001b[92mok')).toEqual([
    { text: 'red', colour: 'red', bold: true },
    { text: ' plain ' },
    { text: 'ok', colour: 'green' },
  ]);
  expect(segments('\u001b[38;5;208morange')).toEqual([{ text: 'orange' }]);
  expect(plainText('\u001b[31mred\u001b[0m plain')).toBe('red plain');
});

test('a line that arrives in pieces is one line', () => {
  const log = new LogBuffer();
  log.push('hel');
  log.push('lo\nwor');
  expect(log.view()).toEqual(['hello', 'wor']);
  expect(log.trim(0)).toBe(1);
  expect(log.view()).toEqual(['wor']);
});

test('an endless progress bar does not grow without end', () => {
  const log = new LogBuffer();
  for (let i = 0; i < 10_000; i += 1) log.push(`\r${i} of 10000 steps`);
  expect(log.view()).toEqual(['9999 of 10000 steps']);
  expect((log as unknown as { open: string }).open.length).toBeLessThan(5000);
});

test('search ignores case and colours, and an empty query finds nothing', () => {
  expect(matches(['L\u001b[1moss 1', 'acc', 'LOSS 2'], 'loss')).toEqual([0, 2]);
  expect(matches(['a'], '')).toEqual([]);
});
