import { expect, test } from 'vitest';
import type { StepDetail } from './queries';
import { computeName, loopEnd, partText } from './words';

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

test('a loop says whether it went on as long as it may', () => {
  const detail = (kind: string, state: string, value: boolean) =>
    ({
      state: { state },
      step: { kind, condition: '${{parent.jobs.fit.outputs.more}}', max_iterations: 20 },
      outputs: { more: { type: 'boolean', value } },
    }) as unknown as StepDetail;
  expect(loopEnd(detail('do_while', 'Completed', true))).toBe(
    'ended at its limit of 20 turns: more was still true',
  );
  expect(loopEnd(detail('do_while', 'Completed', false))).toBe('ended when more was false');
  expect(loopEnd(detail('do_while', 'Failed', true))).toBeNull();
  expect(loopEnd(detail('command', 'Completed', true))).toBeNull();
});
