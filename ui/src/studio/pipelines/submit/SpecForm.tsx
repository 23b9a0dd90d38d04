import { Button, Group, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Section } from '@/kit/Page';
import type { PipelineSpec } from '../queries';
import { InputFields } from './InputFields';
import { Problems, type StepProblem } from './Problems';
import { StepSwitches } from './StepSwitches';
import { filledOf, lackOf, valuesOf } from './values';

interface Props {
  spec: PipelineSpec;
  /** What the reading of its file found. */
  problems: readonly StepProblem[];
  /** What stands beside the button: given the pipeline as the form says it. */
  beside?: (wanted: PipelineSpec) => ReactNode;
}

/** What a pipeline is given, as a form, checked by the studio while it is filled in. */
export function SpecForm({ spec, problems: found, beside }: Props) {
  const may = useMay('pipelines.write');
  const follow = useFollow();
  const [name, setName] = useState(spec.name);
  const [experiment, setExperiment] = useState(spec.experiment);
  const [settings, setSettings] = useState(spec.settings);
  const [steps, setSteps] = useState(spec.graph.steps);
  const ports = spec.graph.inputs;
  const [filled, setFilled] = useState(() => filledOf(ports, spec.values));
  const lack = Object.entries(ports)
    .map(([port, declared]) => lackOf(port, declared, filled[port] ?? { text: '', kept: null }))
    .find((one) => one !== null);
  const wanted: PipelineSpec = useMemo(
    () => ({
      ...spec,
      name,
      experiment: experiment.trim() || 'Default',
      settings,
      graph: { ...spec.graph, steps },
      values: valuesOf(ports, filled, spec.values),
    }),
    [spec, name, experiment, settings, steps, ports, filled],
  );
  const [asked] = useDebouncedValue(wanted, 400);
  const checked = useQuery({
    queryKey: ['pipeline-check', asked],
    queryFn: ({ signal }) => data(api().POST('/pipelines/check', { body: asked, signal })),
    placeholderData: (old) => old,
    gcTime: 60_000,
  });
  const computes = useQuery({
    queryKey: ['compute', 'list'],
    queryFn: ({ signal }) => data(api().GET('/compute', { signal })),
  });
  const send = useMutation({
    mutationFn: () => data(api().POST('/pipelines/runs', { body: wanted })),
    onSuccess: (made) => follow(at(['pipelines', made.run.id])),
  });
  const problems = [...found, ...(checked.data?.problems ?? [])];
  const wrong = problems.length > 0;
  const checking = asked !== wanted || checked.isPlaceholderData || checked.isPending;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!lack && !wrong && may) send.mutate();
      }}
    >
      <Stack gap="lg">
        <Section title="Inputs">
          <InputFields
            ports={ports}
            filled={filled}
            onChange={(port, next) => setFilled((old) => ({ ...old, [port]: next }))}
          />
        </Section>
        <Section title={`Steps (${count(Object.keys(steps).length)})`}>
          <StepSwitches steps={steps} order={checked.data?.order ?? []} onChange={setSteps} />
        </Section>
        <Section title="Run">
          <Group grow align="flex-start">
            <TextInput label="Name" value={name} onChange={(event) => setName(event.currentTarget.value)} />
            <TextInput
              label="Experiment"
              value={experiment}
              onChange={(event) => setExperiment(event.currentTarget.value)}
            />
            <Select
              label="Compute"
              data={(computes.data ?? []).map((one) => one.name)}
              value={settings.default_compute || null}
              onChange={(compute) => setSettings({ ...settings, default_compute: compute ?? '' })}
              placeholder="That of each step"
              clearable
            />
          </Group>
          <Switch
            label="Run every step, also those of which nothing changed"
            checked={settings.force_rerun}
            onChange={(event) => setSettings({ ...settings, force_rerun: event.currentTarget.checked })}
          />
          <Switch
            label="When a step fails, still start those that do not need it"
            checked={settings.continue_on_step_failure}
            onChange={(event) =>
              setSettings({ ...settings, continue_on_step_failure: event.currentTarget.checked })
            }
          />
        </Section>
        <Problems problems={problems} />
        {send.error ? <ErrorState error={Problem.from(send.error)} inline /> : null}
        {checked.error ? <ErrorState error={Problem.from(checked.error)} inline /> : null}
        <Group gap="sm">
          <Button type="submit" loading={send.isPending} disabled={!may || Boolean(lack) || wrong}>
            Submit
          </Button>
          {beside?.(wanted)}
          <Text size="sm" c="dimmed" role="status">
            {lack ?? (wrong || checked.error ? '' : checking ? 'Checking' : 'Nothing is wrong with it')}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
