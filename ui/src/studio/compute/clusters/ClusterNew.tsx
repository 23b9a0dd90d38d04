import { Button, Group, NumberInput, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Page, PageHeader } from '@/kit/Page';
import { computes } from '../queries';
import { Fields, type Sizes } from './Fields';
import { ProgramFields } from './ProgramFields';
import { NO_PROGRAMS } from './programs';
import { NO_RAY, RayFields } from './RayFields';

const START: Sizes = {
  min_nodes: 0,
  max_nodes: 2,
  idle_seconds: 120,
  tier: 'dedicated',
  price_per_hour: 0,
  description: '',
};

/** A new training cluster. */
export function ClusterNew() {
  const may = useMay('compute.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [cores, setCores] = useState(1);
  const [gpus, setGpus] = useState(0);
  const here = useQuery(computes).data?.find((it) => it.name === 'local')?.gpus.length ?? 0;
  const [sizes, setSizes] = useState(START);
  const [provider, setProvider] = useState<'local' | 'ray' | 'ray_at' | 'scripts'>('local');
  const [programs, setPrograms] = useState(NO_PROGRAMS);
  const [ray, setRay] = useState(NO_RAY);
  const [gib, setGib] = useState<number | string>('');
  const owner = useMay('workspace.write');
  const others = provider === 'scripts' || provider === 'ray_at';
  const create = useMutation({
    mutationFn: () =>
      data(
        api().POST('/compute/clusters', {
          body: {
            name,
            cores,
            size: '',
            provider: provider === 'ray_at' ? 'ray' : provider,
            ...sizes,
            gpus: provider === 'scripts' ? 0 : gpus,
            ...(others ? { memory_bytes: gib ? Math.round(Number(gib) * 2 ** 30) : null } : {}),
            ...(provider === 'scripts' ? { scripts: programs } : {}),
            // the rest of it as the server has it: port and seconds
            ...(provider === 'ray_at' ? { ray: { port: 22, seconds: 600, ...ray } } : {}),
          },
        }),
      ),
    onSuccess: async (made) => {
      await cache.invalidateQueries({ queryKey: ['compute'] });
      follow(at(['compute', made.name]));
    },
  });
  const problem = create.error ? Problem.from(create.error) : null;
  const problems = problem?.fields ?? {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Page
      title="New cluster"
      width="form"
      header={
        <PageHeader
          title="New cluster"
          lead="A queue of its own, with nodes that come when jobs wait and go when they are idle."
        />
      }
    >
      <Denied permission="compute.write" to="make clusters" />
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Name"
            description="Jobs name it as their compute. Letters, digits and -, at most 32."
            required
            autoFocus
            value={name}
            error={problems.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <div>
            <Text size="sm" fw={500} id="provider">
              Nodes are
            </Text>
            <Text size="xs" c="dimmed" mb={4}>
              {provider === 'ray'
                ? 'Nodes of a Ray that comes with the first of them and goes with the last; each holds its share of this machine.'
                : provider === 'ray_at'
                  ? 'Nodes that the autoscaler of a Ray brings that is there already.'
                  : owner
                    ? 'Shares of this machine, or other machines that programs of yours bring up and take down.'
                    : 'Shares of this machine. Programs that bring up other machines are an owner’s to write.'}
            </Text>
            <SegmentedControl
              aria-labelledby="provider"
              value={provider}
              data={[
                { value: 'local', label: 'Shares of this machine' },
                { value: 'ray', label: 'Nodes of a Ray here' },
                { value: 'ray_at', label: 'Nodes of another Ray', disabled: !owner },
                { value: 'scripts', label: 'Brought up by programs', disabled: !owner },
              ]}
              onChange={setProvider}
            />
          </div>
          {provider === 'ray_at' ? (
            <RayFields
              value={ray}
              onChange={(change) => setRay((old) => ({ ...old, ...change }))}
              problems={problems}
            />
          ) : null}
          {provider === 'scripts' ? (
            <ProgramFields
              value={programs}
              onChange={(change) => setPrograms((old) => ({ ...old, ...change }))}
              problems={problems}
            />
          ) : null}
          <NumberInput
            label="Cores of a node"
            description={
              provider === 'ray_at'
                ? 'What Ray is asked for.'
                : others
                  ? 'At least: one that has less is sent back.'
                  : 'Memory follows in proportion.'
            }
            min={1}
            allowDecimal={false}
            value={cores}
            error={problems.cores}
            onChange={(typed) => setCores(Number(typed) || 1)}
          />
          {others ? (
            <NumberInput
              label="GiB of a node"
              description={
                provider === 'ray_at'
                  ? 'Which Ray calls memory: less than the machine has.'
                  : 'At least, likewise.'
              }
              required
              min={0.01}
              value={gib}
              error={problems.memory_bytes}
              onChange={setGib}
            />
          ) : null}
          {provider === 'ray_at' || (!others && here > 0) ? (
            <NumberInput
              label="GPUs of a node"
              description={`${others ? 'Ray gives them out' : `Of the ${here} of this machine`}; a job on it is given all of them unless it says how many.`}
              min={0}
              {...(others ? {} : { max: here })}
              allowDecimal={false}
              value={gpus}
              error={problems.gpus}
              onChange={(typed) => setGpus(Number(typed) || 0)}
            />
          ) : null}
          <Fields
            value={sizes}
            onChange={(change) => setSizes((old) => ({ ...old, ...change }))}
            problems={problems}
            others={others}
          />
          {problem && Object.keys(problems).length === 0 ? <ErrorState error={problem} inline /> : null}
          <Group>
            <Button type="submit" loading={create.isPending} disabled={!may || !name}>
              Create
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
