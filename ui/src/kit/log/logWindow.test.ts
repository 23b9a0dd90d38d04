import { expect, test } from 'vitest';
import { LogWindow } from './logWindow';

test('a window of a log begins with a whole line, knows its number and grows', () => {
  const held = new LogWindow();
  held.push({ text: 'f a line\nsécond\nthi', offset: 100, next: 121, size: 200, line: 7 });
  expect([held.firstLine, held.start]).toEqual([8, 109]);
  held.push({ text: 'rd\n', offset: 121, next: 124, size: 200 });
  expect(held.lines()).toEqual(['sécond', 'third']);
  expect([held.holds(8), held.holds(7), held.end]).toEqual([true, false, 124]);
});
