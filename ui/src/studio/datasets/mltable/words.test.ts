import { expect, test } from 'vitest';
import { inWords } from './words';

test('transformations are said in words', () => {
  expect(
    inWords([
      'read_parquet',
      { read_delimited: { delimiter: ';', include_path_column: true } },
      { take: 5 },
      { keep_columns: ['a', 'b'] },
      { filter: 'col("a") > 3' },
      {
        convert_column_types: [
          { columns: ['a'], column_type: 'int' },
          { columns: 'b', column_type: { boolean: { mismatch_as: 'error' } } },
        ],
      },
      { read_json_lines: null },
      7,
    ]),
  ).toEqual([
    { name: 'read_parquet', what: '' },
    { name: 'read_delimited', what: 'delimiter: ;, include_path_column: true' },
    { name: 'take', what: '5' },
    { name: 'keep_columns', what: 'a, b' },
    { name: 'filter', what: 'col("a") > 3' },
    { name: 'convert_column_types', what: 'a → int, b → boolean: mismatch_as: error' },
    { name: 'read_json_lines', what: '' },
    { name: '7', what: '' },
  ]);
});
