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
