import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { SaveDialog } from '../SaveDialog';
import { Fields, type Sizes } from './Fields';
import { ProgramFields } from './ProgramFields';
import { programsOf } from './programs';
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
  const others = it.provider === 'scripts' || Boolean(it.ray);
  const programmed = it.provider === 'scripts';
  const owner = useMay('workspace.write');
  const [programs, setPrograms] = useState(() => programsOf(it.scripts));
  const [touched, setTouched] = useState(false);
  const body = programmed && touched ? { ...sizes, scripts: programs } : sizes;
  const save = useMutation({
    mutationFn: () =>
      data(api().PATCH('/compute/clusters/{name}', { params: { path: { name: it.name } }, body })),
    onSuccess: (changed) => {
      cache.setQueryData(cluster(it.name).queryKey, changed);
      void cache.invalidateQueries({ queryKey: ['compute'] });
      onClose();
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  const problems = problem?.fields ?? {};
  return (
    <SaveDialog
      title={`Resize ${it.name}`}
      onClose={onClose}
      onSave={() => save.mutate()}
      saving={save.isPending}
      problem={Object.keys(problems).length === 0 ? problem : null}
    >
      <Fields
        value={sizes}
        onChange={(change) => setSizes((old) => ({ ...old, ...change }))}
        problems={problems}
        others={others}
      />
      {programmed && owner ? (
        <ProgramFields
          value={programs}
          onChange={(change) => {
            setTouched(true);
            setPrograms((old) => ({ ...old, ...change }));
          }}
          problems={problems}
        />
      ) : null}
    </SaveDialog>
  );
}
