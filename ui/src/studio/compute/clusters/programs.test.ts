import { expect, test } from 'vitest';
import { asText } from './programs';

test('words of a program are shown as a shell would split them', () => {
  expect(asText(['/opt/up.sh', '--size', 'very large', "it's", ''])).toBe(
    `/opt/up.sh --size 'very large' 'it'"'"'s' ''`,
  );
});
