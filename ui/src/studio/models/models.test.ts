import { expect, test } from 'vitest';
import { rowsOf } from './signature';

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
