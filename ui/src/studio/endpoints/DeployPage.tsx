import {
  Button,
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { EmptyState } from '@/kit/EmptyState';
import { ErrorState } from '@/kit/ErrorState';
import { Link, useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { models, modelVersions } from './queries';
import { nameProblem, splitModel } from './names';
import { holdKeys } from './secrets';

type Tier = 'auto' | 'compiled' | 'pyfunc';
const TIERS = [
  { value: 'auto', label: 'Fastest that is proven equal' },
  { value: 'compiled', label: 'Compiled' },
  { value: 'pyfunc', label: 'Original model' },
];

export function DeployPage() {
  const query = useQuery(models);
  return (
    <Page
      title="Deploy a model"
      width="form"
      header={
        <PageHeader
          title="Deploy a model"
          lead="The model is loaded in processes of its own and asked about a sample; only when that works does the address answer with it."
        />
      }
    >
      <Answer query={query}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState title="No model to deploy yet" action={<Link href={at(['models'])}>See models</Link>}>
              Train one with Automated ML, or register what a run logged.
            </EmptyState>
          ) : (
            <Form names={page.items.map((item) => item.name)} />
          )
        }
      </Answer>
    </Page>
  );
}

function Form({ names }: { names: readonly string[] }) {
  const search: { model?: string | undefined; name?: string | undefined } = useSearch({
    from: '/w/$ws/endpoints/new',
  });
  const navigate = useNavigate({ from: '/w/$ws/endpoints/new' });
  const cache = useQueryClient();
  const follow = useFollow();
  const may = useMay('endpoints.write');
  const chosen = splitModel(search.model ?? names[0] ?? '');
  const versions = useQuery(modelVersions(chosen.name));
  const version = chosen.version ?? String(versions.data?.[0]?.version ?? '');
  const name = search.name ?? chosen.name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+/, '');
  const [workers, setWorkers] = useState<number | string>(1);
  const [tier, setTier] = useState<Tier>('auto');
  const [accepted, setAccepted] = useState('');
  const model = `${chosen.name}${version ? `:${version}` : ''}`;
  const verdict = versions.data?.find((it) => String(it.version) === version)?.scan;
  const set = (next: { model?: string; name?: string }) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });

  const deploy = useMutation({
    mutationFn: () =>
      data(
        api().POST('/endpoints', {
          body: {
            name,
            model,
            workers: Number(workers) || 1,
            tier,
            port: 0,
            accept_risk: accepted === model,
          },
        }),
      ),
    onSuccess: (made) => {
      holdKeys(made.name, made.keys ?? []);
      void cache.invalidateQueries({ queryKey: ['endpoints'] });
      follow(at(['endpoints', made.name]));
    },
  });
  const problem = deploy.error ? Problem.from(deploy.error) : null;
  const fields = problem?.fields ?? {};
  const known = ['name', 'model', 'workers', 'tier', 'accept_risk'];
  const risky = verdict === 'dangerous' || verdict === 'unreadable' || 'accept_risk' in fields;
  const elsewhere = problem && !known.some((field) => field in fields);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    deploy.mutate();
  };

  return (
    <form onSubmit={submit}>
      <Stack gap="lg">
        <Group gap="md" align="flex-start" grow>
          <Select
            label="Model"
            data={[...names]}
            value={chosen.name}
            onChange={(value) => set({ model: value ?? '' })}
            searchable
            allowDeselect={false}
            error={fields.model}
          />
          <Select
            label="Version"
            data={(versions.data ?? []).map((it) => ({
              value: String(it.version),
              label: it.aliases?.length ? `${it.version} (${it.aliases.join(', ')})` : String(it.version),
            }))}
            value={version}
            onChange={(value) => set({ model: `${chosen.name}:${value ?? ''}` })}
            allowDeselect={false}
          />
        </Group>
        <TextInput
          label="Endpoint name"
          description="Stands in the address. An endpoint of this name that is there gets the model as its next deployment; the old one serves until the new one is live."
          value={name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          error={nameProblem(name) ?? fields.name}
          required
        />
        <NumberInput
          label="Workers"
          description="Processes that score at the same time. One is right unless requests wait."
          min={1}
          max={32}
          value={workers}
          onChange={setWorkers}
          error={fields.workers}
          maw={240}
        />
        <div>
          <Text size="md" fw={500} id="tier-label" mb={4}>
            Serve with
          </Text>
          <SegmentedControl
            aria-labelledby="tier-label"
            data={TIERS}
            value={tier}
            onChange={(value) => setTier(value as Tier)}
          />
        </div>
        {risky ? (
          <Note
            tone="warning"
            title={
              verdict === 'unreadable'
                ? 'Files of this version could not be looked into.'
                : 'Loading this version would run code that is on no list of safe types.'
            }
          >
            <Text size="sm" mb="xs">
              <Link href={at(['models', chosen.name, 'versions', version], { tab: 'scan' })}>
                See what was found.
              </Link>
            </Text>
            <Checkbox
              label="I trust who made it: deploy it all the same"
              checked={accepted === model}
              onChange={(event) => setAccepted(event.currentTarget.checked ? model : '')}
              error={fields.accept_risk}
            />
          </Note>
        ) : null}
        {elsewhere ? <ErrorState error={problem} inline /> : null}
        <Group justify="flex-end">
          <Button
            type="submit"
            loading={deploy.isPending}
            disabled={
              !may || !name || !version || nameProblem(name) !== null || (risky && accepted !== model)
            }
          >
            Deploy
          </Button>
        </Group>
        <Section title="The same in code">
          <CodeSnippet
            code={{
              'Command line': `studiolo endpoints deploy ${model} --name ${name || 'NAME'} --workers ${workers || 1} --wait`,
              Python: `studio.endpoints.deploy("${model}", "${name || 'NAME'}", workers=${workers || 1}, wait=True)`,
            }}
          />
        </Section>
      </Stack>
    </form>
  );
}
