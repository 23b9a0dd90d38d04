import { describe, expect, it } from 'vitest';
import { orderOf, type Span } from './queries';
import { extent, placed, shown } from './tree';

function span(id: string, parent: string | null, offset = 0, duration: number | null = 1): Span {
  return {
    id,
    parent,
    name: id,
    type: null,
    status: 'OK',
    message: '',
    offset_ms: offset,
    duration_ms: duration,
    inputs: null,
    outputs: null,
    total_tokens: null,
    attributes: {},
    events: [],
  };
}

const rows = (spans: Span[], closed: string[] = []) =>
  placed(spans, new Set(closed)).map((row) => `${'-'.repeat(row.depth)}${row.span.id}`);

describe('the tree of spans', () => {
  it('puts children under their parent, in the order of their start', () => {
    expect(rows([span('a', null), span('b', 'a'), span('c', 'b'), span('d', 'a')])).toEqual([
      'a',
      '-b',
      '--c',
      '-d',
    ]);
  });
  it('shows what has lost its parent, and breaks circles', () => {
    expect(rows([span('x', 'gone'), span('p', 'q'), span('q', 'p'), span('s', 's')])).toEqual([
      'x',
      's',
      'p',
      '-q',
    ]);
  });
  it('hides what is below a closed span, and nothing else', () => {
    expect(rows([span('a', null), span('b', 'a'), span('c', 'b'), span('d', 'a')], ['b'])).toEqual([
      'a',
      '-b',
      '-d',
    ]);
  });
});

it('the extent has room for spans that begin before or end after the trace', () => {
  expect(extent([span('a', null, -2, 3), span('b', 'a', 5, null)], 4)).toEqual([-2, 5]);
  expect(extent([], null)).toEqual([0, 1]);
});

it('the order of columns becomes MLflow’s', () => {
  expect(orderOf('-duration,name,nonsense')).toEqual(['execution_time_ms DESC', 'name ASC']);
  expect(orderOf(undefined)).toEqual([]);
});

it('text is shown as it is, the rest as JSON', () => {
  expect(shown('a "b"')).toBe('a "b"');
  expect(shown({ a: [1] })).toContain('"a": [');
});
