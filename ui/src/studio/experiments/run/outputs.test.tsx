import { screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import type { Run, RunOverview } from '../queries';
import { InputsOutputs } from './InputsOutputs';

afterEach(() => vi.unstubAllGlobals());

test.each(['command', 'sweep'])('what a %s makes is shown', async (kind) => {
  const state = { name: 'best', asset: 'trees', state: 'waiting', reference: '', error: '' };
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json([state])));
  const run = { id: 'a'.repeat(32), kind } as Run;
  const overview = { inputs: [], models: [] } as unknown as RunOverview;
  await draw(<InputsOutputs run={run} overview={overview} edges={[]} />);
  expect(await screen.findByText('Output best')).toBeTruthy();
});

test('a part of a split that a run was made from is named, and leads to its version', async () => {
  const run = { id: 'a'.repeat(32), kind: 'training' } as Run;
  const overview = { inputs: [], models: [] } as unknown as RunOverview;
  const created_at = '2026-01-01T00:00:00Z';
  const names = { source_name: '', target_name: '' };
  const edges = [{ source: 'dataset:titanic:3@cv.train', target: `run:${run.id}`, created_at, ...names }];
  await draw(<InputsOutputs run={run} overview={overview} edges={edges} />);
  const link = await screen.findByRole('link', { name: 'titanic version 3, part cv.train' });
  expect(link.getAttribute('href')).toMatch(/datasets\/titanic\?version=3$/);
});
