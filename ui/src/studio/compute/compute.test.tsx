import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { draw } from '@/testing/render';
import { Holdings } from './Holdings';
import type { Compute } from './queries';

const held = { workspace_id: 'w', cores: 1, memory_limit_bytes: 0, since: '2026-11-28T01:00:00Z', gpus: [] };

test('a node leads to its cluster, a job to its run, and a table that is scrolled has the keyboard', async () => {
  const holdings = [
    { ...held, holder: 'node/1', title: 'node 1 of cpu', run_id: null, cluster: 'cpu' },
    { ...held, holder: 'r/1', title: 'train', run_id: 'r', cluster: null },
    { ...held, holder: '', title: '(another workspace)', run_id: null, cluster: null },
  ];
  await draw(<Holdings compute={{ holdings } as unknown as Compute} />);
  expect(screen.getByRole('link', { name: 'node 1 of cpu' }).getAttribute('href')).toBe(
    '/w/default/compute/cpu',
  );
  expect(screen.getByRole('link', { name: 'train' }).getAttribute('href')).toBe(
    '/w/default/experiments/runs/r',
  );
  expect(screen.queryByRole('link', { name: '(another workspace)' })).toBeNull();
  expect(screen.getByRole('region', { name: 'Running now' }).tabIndex).toBe(0);
});
