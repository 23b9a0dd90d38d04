import {
  Autocomplete,
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { CodeFiles } from '@/kit/folder/CodeFiles';
import { sendCode, type CodeFile, type Sending } from '@/kit/folder/sending';
import { Link, useFollow } from '@/kit/Link';
import { Section } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { environments, recipes } from '../environments/queries';
import { InputRows, OutputRows } from './rows';
import { lackOf, prioritiesWith, specOf, type Draft } from './spec';
import { SecretRows } from './SecretRows';
import { hiddenOf } from './variables';

/** All that a command job is made of. */
export function JobForm({ start }: { start: Draft }) {
  const may = useMay('experiments.write');
  const follow = useFollow();
  const [draft, setDraft] = useState(start);
  const [files, setFiles] = useState<readonly CodeFile[] | null>(null);
  const [sending, setSending] = useState<Sending | null>(null);
  const giveUp = useRef<AbortController>(undefined);
  useEffect(() => () => giveUp.current?.abort(), []);
  const known = useQuery(environments());
  const curated = useQuery(recipes);
  const computes = useQuery({
    queryKey: ['compute', 'list'],
    queryFn: ({ signal }) => data(api().GET('/compute', { signal })),
  });
  const send = useMutation({
    mutationFn: async () => {
      const stop = new AbortController();
      giveUp.current = stop;
      const code = files ? await sendCode(files, setSending, stop.signal) : null;
      setSending(null);
      return data(api().POST('/experiments/runs', { body: specOf(draft, code) }));
    },
    onSuccess: (run) => follow(at(['experiments', 'runs', run.id])),
    onSettled: () => setSending(null),
  });
  const canceled = send.error?.name === 'AbortError';
  const problem = send.error && !canceled ? Problem.from(send.error) : null;
  const fields: Record<string, string> = problem?.fields ?? {};
  const set = (next: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...next }));
    if (send.isError) send.reset(); // not while it is on its way
  };
  const lack = lackOf(draft);
  const names = (known.data ?? []).map((one) => one.name);
  const more = (curated.data ?? []).map((one) => one.name).filter((name) => !names.includes(name));
  const several = hiddenOf(draft.base?.env ?? {});
  const inline = draft.base && typeof draft.base.environment !== 'string' && draft.base.environment;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (lack === null) send.mutate();
      }}
    >
      <Stack gap="lg">
        <Textarea
          label="Command"
          description="Run by bash, in a fresh copy of the code. ${{inputs.NAME}} and ${{outputs.NAME}} stand for values and paths."
          required
          autoFocus
          autosize
          minRows={3}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          placeholder="python train.py --rate ${{inputs.rate}} --data ${{inputs.data}}"
          value={draft.command}
          onChange={(event) => set({ command: event.currentTarget.value })}
          error={fields.command}
        />
        <Section title="Code">
          <CodeFiles files={files} kept={draft.base?.code?.length ?? 0} onFiles={setFiles} />
        </Section>
        <Section title="Inputs">
          <InputRows rows={draft.inputs} onChange={(inputs) => set({ inputs })} errors={fields} />
        </Section>
        <Section title="Outputs">
          <OutputRows rows={draft.outputs} onChange={(outputs) => set({ outputs })} errors={fields} />
          <Text size="sm" c="dimmed">
            What is in ./outputs and ./logs is kept without being named.
          </Text>
        </Section>
        <Group grow align="flex-start">
          <TextInput
            label="Name"
            value={draft.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <TextInput
            label="Experiment"
            value={draft.experiment}
            onChange={(event) => set({ experiment: event.currentTarget.value })}
          />
        </Group>
        <Autocomplete
          label="Environment"
          description={
            inline
              ? 'Empty: the one that is described in the job it is made from.'
              : 'Empty: the packages of the studio itself. NAME, or NAME:VERSION.'
          }
          data={[
            { group: 'Registered', items: names },
            { group: 'Recipes', items: more },
          ]}
          value={draft.environment}
          onChange={(environment) => set({ environment })}
          error={fields.environment}
        />
        <Text size="sm">
          <Link href={at(['experiments', 'environments'])}>Environments</Link>
        </Text>
        <Group grow align="flex-start">
          <Select
            label="Compute"
            description="Where it runs"
            data={(computes.data ?? []).map((one) => one.name)}
            value={draft.compute}
            onChange={(compute) => set({ compute: compute ?? 'local' })}
            error={fields.compute}
            allowDeselect={false}
          />
          <NumberInput
            label="Cores"
            description="That it takes of it"
            min={1}
            value={draft.cores}
            onChange={(cores) => set({ cores: Number(cores) || 1 })}
            error={fields['resources.cores']}
          />
          <NumberInput
            label="Memory limit, GiB"
            description="0: none of its own"
            min={0}
            value={draft.memory}
            onChange={(memory) => set({ memory: Number(memory) || 0 })}
            error={fields['resources.memory_bytes']}
          />
        </Group>
        <Group grow align="flex-start">
          <NumberInput
            label="Time limit, minutes"
            description="0: none"
            min={0}
            value={draft.minutes}
            onChange={(minutes) => set({ minutes: Number(minutes) || 0 })}
          />
          <Select
            label="Priority"
            description="In the queue of the compute"
            data={prioritiesWith(draft.priority)}
            value={draft.priority}
            onChange={(priority) => set({ priority: priority ?? '0' })}
            allowDeselect={false}
          />
          <NumberInput
            label="Processes"
            description="That run the command together"
            min={1}
            max={256}
            value={draft.processes}
            onChange={(processes) => set({ processes: Number(processes) || 1 })}
          />
        </Group>
        <Switch
          label="Begin warm"
          description="A command of one Python file may begin where the modules that it imports are loaded already."
          checked={draft.warm}
          onChange={(event) => set({ warm: event.currentTarget.checked })}
          error={fields.warm}
        />
        <Textarea
          label="Environment variables"
          description={
            several.length > 0
              ? `One NAME=value in a line. Kept as they are, for they have several lines: ${several.join(', ')}.`
              : 'One NAME=value in a line; what is secret stands below.'
          }
          autosize
          minRows={2}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={draft.variables}
          onChange={(event) => set({ variables: event.currentTarget.value })}
        />
        <Section title="Secrets">
          <SecretRows rows={draft.secrets} onChange={(secrets) => set({ secrets })} errors={fields} />
        </Section>
        {problem ? <ErrorState error={problem} inline /> : null}
        <Group>
          <Button type="submit" loading={send.isPending} disabled={!may || lack !== null}>
            Submit
          </Button>
          {sending ? (
            <>
              <ProgressBar
                name="Code"
                label={`${sending.step === 'looking' ? 'Looking at' : 'Sending'} the code, ${count(sending.files)} of ${count(sending.ofFiles)} files`}
                done={sending.bytes}
                total={sending.ofBytes}
                unit={bytes}
              />
              <Button variant="default" onClick={() => giveUp.current?.abort()}>
                Cancel
              </Button>
            </>
          ) : null}
          {lack && draft.command ? (
            <Text size="sm" c="dimmed" role="status">
              {lack}
            </Text>
          ) : null}
        </Group>
      </Stack>
    </form>
  );
}
