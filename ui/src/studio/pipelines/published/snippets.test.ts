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
      values: { word: 'hi', sent: { type: 'uri_file', files: [{ path: 'a.csv', digest: 'ab' }] } },
      inputs: {
        word: { type: 'string', default: 'unseen' },
        times: { type: 'integer', default: 0 },
        rate: { type: 'number', min: 0.1 },
        mode: { type: 'string', enum: ['fast', 'good'] },
        data: { type: 'uri_file' },
        sent: { type: 'uri_file' },
        extra: { type: 'string', optional: true },
      },
    },
  ],
} as unknown as PublishedDetail;

it('shows inputs as they are when they are left out, made-up values where one is needed, and no optional or sent ones', () => {
  expect(sampleInputs(detail)).toEqual({
    word: 'hi',
    times: 0,
    rate: 0.1,
    mode: 'fast',
    data: { type: 'uri_file', path: 'azureml:titanic:1' },
  });
  expect(snippets(detail, 'http://studio/w/a/api/x')['curl']).toContain('"mode":"fast"');
  expect(snippets(detail, 'http://studio/w/a/api/x')['Command line']).toContain("--set 'rate=0.1'");
});
