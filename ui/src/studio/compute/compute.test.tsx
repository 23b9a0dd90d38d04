import { screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { Holdings } from './Holdings';
import { moreOf } from './JobLink';
import { Nodes } from './machines/Nodes';
import type { Compute } from './queries';

afterEach(() => vi.unstubAllGlobals());

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

test('a node of a Slurm leads to its log once a job was on it', async () => {
  const node = { partition: 'main', state: 'idle', cores: 2, cores_free: 2, memory_bytes: 1, gpus: 0 };
  const logs = ['hpc', 'n1'].map((name) => ({ node: name, up: true, size: 9, updated_at: null }));
  vi.stubGlobal('fetch', (request: Request) => {
    const path = new URL(request.url).pathname;
    const nodes = ['n1', 'n2'].map((name) => ({ ...node, name }));
    return Promise.resolve(Response.json(path.endsWith('/logs') ? logs : nodes));
  });
  await draw(<Nodes name="hpc" />);
  const link = await screen.findByRole('link', { name: 'Log of node n1' });
  expect(link.getAttribute('href')).toBe('/w/default/compute/machines/hpc?node=n1');
  expect(screen.getByRole('cell', { name: 'n2' }).querySelector('a')).toBeNull();
});

test('jobs of one name are told apart by their run, and a second attempt says so', () => {
  const first = { title: 'train', run_id: '0198c0de00007000800000000000aaaa', attempt: 1 };
  const second = { title: 'train', run_id: '0198c0de00007000800000000000bbbb', attempt: 2 };
  const other = { title: 'score', run_id: '0198c0de00007000800000000000cccc', attempt: 1 };
  const all = [first, second, other];
  expect(all.map((job) => moreOf(job, all))).toEqual(['0000aaaa', '0000bbbb, attempt 2', '']);
});
