import { expect, test } from 'vitest';
import { cellOf } from './compare';
import { nameFromFile, nameProblem } from './naming';
import { isPrompt, ownTags, promptText } from './prompt';
import { asRequest, rowsOf } from './signature';

test('a signature is one table of inputs, outputs and parameters', () => {
  const rows = rowsOf({
    inputs: [
      { name: 'age', type: 'double', required: false },
      { type: 'tensor(float32)', shape: [-1, 3], required: true },
    ],
    outputs: [{ name: 'prediction', type: 'long' }],
    params: [{ name: 'k', type: 'long', default: 5 }],
  });
  expect(rows.map((row) => row.direction)).toEqual(['Input', 'Input', 'Output', 'Parameter']);
  expect(rows.map((row) => row.needed)).toEqual(['may be empty', 'yes', '', 'else 5']);
  expect(rows[1]?.type).toBe('tensor(float32) [-1, 3]');
  expect(rows[1]?.name).toBe('(2)');
});

test('an example is copied as the body of a scoring request', () => {
  expect(JSON.parse(asRequest({ columns: ['a', 'b'], rows: [[1, 'x']] }))).toEqual({
    dataframe_split: { columns: ['a', 'b'], data: [[1, 'x']] },
  });
  expect(asRequest({ raw: { inputs: [[1]] } })).toBe('{"inputs":[[1]]}');
});

test('metrics are compared with the baseline, other values are shown as they are', () => {
  expect(cellOf(0.9, 0.8, false, true)).toEqual({ text: '0.9000', delta: '+0.100' });
  expect(cellOf(0.7, 0.8, false, true).delta).toBe('−0.100');
  expect(cellOf(0.8, 0.8, true, true).delta).toBe('');
  expect(cellOf('NaN', 0.8, false, true)).toEqual({ text: 'NaN', delta: '' });
  expect(cellOf('double', null, false, false).text).toBe('double');
  expect(cellOf(null, 1, false, true).text).toBe('–');
});

test('names are checked while they are typed, and made of file names', () => {
  expect(nameProblem('')).toBeNull();
  expect(nameProblem('a/b')).toContain('slash');
  expect(nameProblem('..')).toContain('folder');
  expect(nameFromFile('Titanic v2.tar.gz')).toBe('Titanic v2');
  expect(nameFromFile('model.onnx')).toBe('model');
});

test('a prompt is told by its tags, and only tags that people gave are shown', () => {
  const tags = {
    'mlflow.prompt.is_prompt': 'true',
    'mlflow.prompt.text': 'Hi {{name}}',
    _mlflow_prompt_type: 'text',
    a: 'b',
  };
  expect([isPrompt({ tags }), isPrompt({}), promptText({ tags })]).toEqual([true, false, 'Hi {{name}}']);
  expect(ownTags({ tags })).toEqual({ a: 'b' });
});
