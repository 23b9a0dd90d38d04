import { describe, expect, it } from 'vitest';
import type { Target } from './queries';
import { inputsOf, withInput } from './targets';

const pipeline = {
  kind: 'pipeline',
  spec: { values: { rate: 0.5, all: true, word: 'hi', data: { type: 'uri_folder', path: 'azureml:a:1' } } },
} as unknown as Target;
const job = {
  kind: 'job',
  spec: { params: { rate: '1' }, data: { data: { type: 'uri_folder', path: 'azureml:a:1' } } },
} as unknown as Target;

describe('the inputs of what a schedule runs', () => {
  it('are shown as texts', () => {
    expect(inputsOf(pipeline).map((one) => one.text)).toEqual(['0.5', 'true', 'hi', 'azureml:a:1']);
    expect(inputsOf(job)).toEqual([
      { name: 'data', text: 'azureml:a:1', data: true },
      { name: 'rate', text: '1', data: false },
    ]);
  });

  it('keep their types where they can', () => {
    const changed = withInput(withInput(pipeline, 'rate', '2'), 'all', 'false');
    expect(changed).toMatchObject({ spec: { values: { rate: 2, all: false, word: 'hi' } } });
    expect(withInput(pipeline, 'rate', '${{trigger.version}}')).toMatchObject({
      spec: { values: { rate: '${{trigger.version}}' } },
    });
  });

  it('take a file that arrives as a file', () => {
    expect(withInput(job, 'data', '${{trigger.path}}')).toMatchObject({
      spec: { data: { data: { type: 'uri_file', path: '${{trigger.path}}' } }, params: { rate: '1' } },
    });
  });
});

it('lets an address take the place of files that were sent with a pipeline', () => {
  const target = {
    kind: 'pipeline',
    spec: { values: { data: { type: 'uri_file', files: [{ path: 'a.csv' }] } } },
  } as unknown as Target;
  expect(inputsOf(target)).toEqual([{ name: 'data', text: '', data: true }]);
  expect(withInput(target, 'data', '${{trigger.path}}')).toMatchObject({
    spec: { values: { data: { type: 'uri_file', path: '${{trigger.path}}' } } },
  });
  expect(withInput(target, 'data', '')).toEqual(target);
});
