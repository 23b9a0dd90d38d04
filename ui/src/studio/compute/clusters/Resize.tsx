import { Button, Group, Modal, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { ErrorState } from '@/kit/ErrorState';
import { Fields, type Sizes } from './Fields';
import { cluster, type Cluster } from './queries';

/** Change a cluster; no job is ended by it. */
export function Resize({ it, onClose }: { it: Cluster; onClose: () => void }) {
  const cache = useQueryClient();
  const [sizes, setSizes] = useState<Sizes>({
    min_nodes: it.min_nodes,
    max_nodes: it.max_nodes || 1,
    idle_seconds: it.idle_seconds,
    tier: it.tier,
    price_per_hour: it.price_per_hour,
    description: it.description,
  });
  const save = useMutation({
    mutationFn: () =>
      data(api().PATCH('/compute/clusters/{name}', { params: { path: { name: it.name } }, body: sizes })),
    onSuccess: (changed) => {
      cache.setQueryData(cluster(it.name).queryKey, changed);
      void cache.invalidateQueries({ queryKey: ['compute'] });
      onClose();
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  const problems = problem?.fields ?? {};
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Resize ${it.name}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="md">
          <Fields
            value={sizes}
            onChange={(change) => setSizes((old) => ({ ...old, ...change }))}
            problems={problems}
          />
          {problem && Object.keys(problems).length === 0 ? <ErrorState error={problem} inline /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
