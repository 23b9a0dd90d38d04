import { expect, it } from 'vitest';
import type { PublishedDetail } from './queries';
import { sampleInputs, snippets } from './snippets';

const detail = {
  name: 'score',
  default_version: 1,
  versions: [
    {
      number: 1,
      given: ['word'],
      inputs: {
        word: { type: 'string' },
        rate: { type: 'number', min: 0.1 },
        mode: { type: 'string', enum: ['fast', 'good'] },
        data: { type: 'uri_file' },
        extra: { type: 'string', optional: true },
      },
    },
  ],
} as unknown as PublishedDetail;

it('shows what a start needs, and nothing that it may leave out', () => {
  expect(sampleInputs(detail)).toEqual({
    rate: 0.1,
    mode: 'fast',
    data: { type: 'uri_file', path: 'azureml:titanic:1' },
  });
  expect(snippets(detail, 'http://studio/w/a/api/x')['curl']).toContain('"mode":"fast"');
});
