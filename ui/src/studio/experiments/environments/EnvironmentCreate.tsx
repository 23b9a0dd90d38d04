import { Button, Group, SegmentedControl, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Page, PageHeader } from '@/kit/Page';

const FORMS = [
  { value: 'requirements', label: 'requirements.txt' },
  { value: 'conda', label: 'conda.yml' },
  { value: 'pyproject', label: 'pyproject.toml' },
];
const EXAMPLES: Record<string, string> = {
  requirements: 'scikit-learn>=1.5,<1.6\npandas',
  conda: 'dependencies:\n  - python=3.11\n  - scikit-learn\n  - pip:\n      - mlflow-skinny',
  pyproject: '[project]\nname = "mine"\ndependencies = ["scikit-learn", "pandas"]',
};

/** Describe an environment; its packages are found and locked before it is kept. */
export function EnvironmentCreate() {
  const may = useMay('experiments.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [form, setForm] = useState('requirements');
  const [text, setText] = useState('');
  const [python, setPython] = useState('');
  const [description, setDescription] = useState('');
  const make = useMutation({
    mutationFn: () =>
      data(
        api().POST('/experiments/environments', {
          body: { name, description, python, tags: {}, image: '', container: false, [form]: text },
        }),
      ),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['environments'] });
      follow(at(['experiments', 'environments', made.name], { version: String(made.version) }));
    },
  });
  const problem = make.error ? Problem.from(make.error) : null;
  const fields = problem?.fields ?? {};
  return (
    <Page
      title="Create environment"
      width="form"
      header={
        <PageHeader
          title="Create environment"
          lead="The same name again is its next version. Packages come from the indexes that pip is configured with."
        />
      }
    >
      <Denied permission="experiments.write" to="create environments" />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Stack gap="lg">
          <TextInput
            label="Name"
            required
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={fields.name}
          />
          <SegmentedControl aria-label="Form" data={FORMS} value={form} onChange={setForm} />
          <Textarea
            label="Packages"
            description={`As a ${FORMS.find((one) => one.value === form)?.label ?? ''} says them.`}
            required
            autosize
            minRows={6}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            placeholder={EXAMPLES[form] ?? ''}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={fields[form]}
          />
          <TextInput
            label="Python"
            description="Such as 3.11; empty: that of the studio. A version that is not on the machine is told, and not used."
            value={python}
            onChange={(event) => setPython(event.currentTarget.value)}
            error={fields.python}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {problem ? <ErrorState error={problem} inline /> : null}
          <Group>
            <Button
              type="submit"
              loading={make.isPending}
              disabled={!may || name === '' || text.trim() === ''}
            >
              Lock and create
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
