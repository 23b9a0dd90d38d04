import { expect, test } from 'vitest';
import { computeName, partText } from './words';

test('a parameter of a key is shown by its value, and other parts as they are', () => {
  expect(partText('parameter rate', '["number",0.3]')).toBe('0.3');
  expect(partText('parameter name', '["string","a, b"]')).toBe('a, b');
  expect(partText('parameter on', '["boolean",true]')).toBe('true');
  expect(partText('command', '["number",0.3]')).toBe('["number",0.3]');
  expect(partText('parameter odd', 'as it is')).toBe('as it is');
  expect(partText('parameter gone', '–')).toBe('–');
});

test('a compute is named as its page is', () => {
  expect(computeName('azureml:cpu-cluster')).toBe('cpu-cluster');
  expect(computeName('local')).toBe('local');
});
