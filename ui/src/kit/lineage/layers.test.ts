import { expect, test } from 'vitest';
import { layers, parseReference } from './layers';

const edges = [
  { source: 'dataset:titanic:1', target: 'run:r' },
  { source: 'run:r', target: 'model:titanic:1' },
  { source: 'model:titanic:1', target: 'endpoint:titanic' },
  { source: 'dataset:titanic:1', target: 'model:titanic:1' },
];

test('each thing stands right of all it was made from', () => {
  const at = new Map(layers(edges, 'model:titanic:1').map((node) => [node.reference, node.layer]));
  expect([...at.values()].sort()).toEqual([0, 1, 2, 3]);
  expect(at.get('model:titanic:1')).toBe(2);
});

test('a cycle does not hang, and a lonely thing is shown alone', () => {
  expect(
    layers(
      [
        { source: 'a:1', target: 'b:1' },
        { source: 'b:1', target: 'a:1' },
      ],
      'a:1',
    ),
  ).toHaveLength(2);
  expect(layers([], 'dataset:x:1')).toEqual([
    { reference: 'dataset:x:1', noun: 'dataset', name: 'x:1', layer: 0 },
  ]);
});

test('a reference keeps the version with the name', () => {
  expect(parseReference('dataset:titanic:2')).toEqual({ noun: 'dataset', name: 'titanic:2' });
});

test('a run goes by its name, and without one by nothing', () => {
  const edges = [
    { source: 'run:r1', target: 'model:m:1', source_name: 'oak' },
    { source: 'run:r2', target: 'model:m:1', source_name: '' },
  ];
  expect(layers(edges, 'model:m:1').map((node) => [node.reference, node.title])).toEqual([
    ['model:m:1', undefined],
    ['run:r1', 'oak'],
    ['run:r2', undefined],
  ]);
});
