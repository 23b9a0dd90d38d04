import { expect, test } from 'vitest';
import { draw } from '@/testing/render';
import { Marked } from './Marked';

test('words in backticks are code, a single backtick is a sign', async () => {
  const { container: found } = await draw(<Marked text="Write `type: date`, or `text`." />);
  expect(found.textContent).toContain('Write type: date, or text.');
  expect([...found.querySelectorAll('code')].map((one) => one.textContent)).toEqual(['type: date', 'text']);
  expect((await draw(<Marked text="a ` b" />)).container.textContent).toContain('a ` b');
});
