import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, usePrefetchQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { Page, PageHeader } from '@/kit/Page';
import { WizardSteps } from '@/kit/WizardSteps';
import { nameProblem } from '../naming';
import { AboutStep } from './AboutStep';
import { nameOf, sourceOf, stepsOf, tagsOf } from './choice';
import { type Choice, type Step } from './search';
import { FormatStep } from './FormatStep';
import { formats } from './inspection';
import { JobStep } from './JobStep';
import { readReading, writeReading, type ReadingChoice } from './reading';
import { SchemaStep } from './SchemaStep';
import { SourceStep } from './SourceStep';
import { Unfinished } from './Unfinished';
import { useSent } from './useSent';
import { completeSession, register, type Reading } from './wire';
import classes from './wizard.module.css';

const FROM = '/w/$ws/datasets/-/new';
const NAMES: Record<Step, string> = {
  source: 'Data',
  format: 'Format',
  schema: 'Columns',
  about: 'Name',
};

/** From a source to a version: each decision has a default, and the address keeps all of them. */
export function Wizard() {
  const choice: Choice = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const may = useMay('datasets.write');
  usePrefetchQuery(formats); // the studio makes ready to look into files meanwhile
  const sent = useSent(choice);
  const source = useMemo(() => sourceOf(choice), [choice]);
  const reading = useMemo(() => readReading(choice.read), [choice.read]);
  const steps = stepsOf(choice);
  const step = choice.step && steps.includes(choice.step) ? choice.step : 'source';
  const place = steps.indexOf(step);
  const name = choice.name ?? nameOf(choice, sent.first);
  const ready = source !== null && (choice.from !== undefined || sent.files > 0);

  const make = useMutation({
    mutationFn: () => {
      const about = {
        name,
        kind: choice.kind ?? ('tabular' as const),
        description: choice.description ?? '',
        tags: tagsOf(choice.tags),
        unpack: choice.unpack === 'yes',
        reading: reading as unknown as Reading,
      };
      if (!source) throw new Error('no source');
      if (source.type === 'upload') return completeSession(source.session, about);
      return register({
        ...about,
        source,
        mode: choice.mode ?? 'managed',
        unreadable: choice.unreadable ?? 'refuse',
      });
    },
    onSuccess: (made) => void navigate({ search: (old) => ({ ...old, job: made.run_id }) }),
  });
  const problem = make.error ? Problem.from(make.error) : null;
  const set = (change: Choice) => {
    if (problem) make.reset();
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  };
  const go = (to: Step) =>
    void navigate({ search: (old) => ({ ...old, step: to === 'source' ? undefined : to }) });
  const setReading = (next: ReadingChoice) => set({ read: writeReading(next) });
  const next = steps[place + 1];
  const before = steps[place - 1];
  const title = choice.name && !choice.step ? `New version of ${choice.name}` : 'Create dataset';

  return (
    <Page title="Create dataset" header={<PageHeader title={title} />}>
      {choice.job ? (
        <JobStep job={choice.job} onBack={() => set({ job: undefined })} />
      ) : (
        <div className={classes.wizard}>
          <WizardSteps
            steps={steps}
            names={NAMES}
            step={step}
            done={place}
            reachable={ready ? steps.length - 1 : 0}
            onGo={go}
          />
          <Stack gap="xl" className={classes.body ?? ''}>
            <Denied permission="datasets.write" to="create datasets" />
            {step === 'source' ? (
              <>
                {choice.session || choice.from ? null : (
                  <Unfinished onSession={(session) => set({ session })} />
                )}
                <SourceStep choice={choice} onChange={set} />
              </>
            ) : null}
            {step === 'format' ? (
              <FormatStep source={source} reading={reading} onReading={setReading} />
            ) : null}
            {step === 'schema' ? (
              <SchemaStep source={source} reading={reading} onReading={setReading} />
            ) : null}
            {step === 'about' ? (
              <AboutStep choice={choice} name={name} onChange={set} fields={problem?.fields ?? {}} />
            ) : null}
            {problem ? <ErrorState error={problem} inline /> : null}
            <Group>
              {before ? (
                <Button variant="default" onClick={() => go(before)}>
                  Back
                </Button>
              ) : null}
              {next ? (
                <Button disabled={!ready} onClick={() => go(next)}>
                  Next: {NAMES[next].toLowerCase()}
                </Button>
              ) : null}
              {step === 'about' || (step !== 'source' && name && nameProblem(name) === null) ? (
                <Button
                  variant={step === 'about' ? 'filled' : 'default'}
                  disabled={!may || !ready || !sent.whole || name === '' || nameProblem(name) !== null}
                  loading={make.isPending}
                  onClick={() => make.mutate()}
                >
                  Create dataset
                </Button>
              ) : null}
              {ready && !sent.whole ? (
                <Text size="sm" c="dimmed" role="status">
                  {sent.words}
                </Text>
              ) : null}
            </Group>
          </Stack>
        </div>
      )}
    </Page>
  );
}
