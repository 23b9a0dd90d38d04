import { Button, Group, Stack } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Page, PageHeader } from '@/kit/Page';
import { WizardSteps } from '@/kit/WizardSteps';
import { STEPS } from '../routes';
import { DataStep } from './DataStep';
import { LimitsStep } from './LimitsStep';
import { ReviewStep } from './ReviewStep';
import { missing, specOf, stepOf, type Choice, type Step } from './spec';
import { TargetStep } from './TargetStep';
import classes from './wizard.module.css';

const NAMES: Record<Step, string> = { data: 'Data', target: 'Target', limits: 'Limits', review: 'Review' };

/** Four decisions, each with a default; the address keeps them, so Back loses nothing and a link shows the same. */
export function Wizard() {
  const choice: Choice = useSearch({ from: '/w/$ws/automl/new' });
  const navigate = useNavigate({ from: '/w/$ws/automl/new' });
  const follow = useFollow();
  const cache = useQueryClient();
  const may = useMay('automl.write');
  const step = choice.step ?? 'data';
  const place = STEPS.indexOf(step);
  const lacking = missing(choice);
  const reachable = lacking ? STEPS.indexOf(lacking) : STEPS.length - 1;

  const submit = useMutation({
    mutationFn: () => data(api().POST('/automl/runs', { body: specOf(choice) })),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['automl'] });
      follow(at(['automl', made.run.id]));
    },
  });
  const problem = submit.error ? Problem.from(submit.error) : null;
  const set = (change: Choice) => {
    if (problem) submit.reset();
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  };
  const go = (to: Step) =>
    void navigate({ search: (old) => ({ ...old, step: to === 'data' ? undefined : to }) });
  const next = STEPS[place + 1];
  const before = STEPS[place - 1];
  const faulty = problem ? Object.keys(problem.fields).map(stepOf) : [];

  return (
    <Page
      title="Train models"
      header={
        <PageHeader
          title="Train models"
          lead="Choose a table and what to predict; the studio finds the model."
        />
      }
    >
      <div className={classes.wizard}>
        <WizardSteps
          steps={STEPS}
          names={NAMES}
          step={step}
          done={Math.min(place, reachable + 1)}
          reachable={reachable}
          faulty={faulty}
          onGo={go}
        />
        <Stack gap="xl" className={classes.body ?? ''}>
          <Denied permission="automl.write" to="train models" />
          {problem ? <ErrorState error={problem} inline /> : null}
          {step === 'data' ? <DataStep choice={choice} onChange={set} /> : null}
          {step === 'target' ? (
            <TargetStep choice={choice} onChange={set} fields={problem?.fields ?? {}} />
          ) : null}
          {step === 'limits' ? (
            <LimitsStep choice={choice} onChange={set} fields={problem?.fields ?? {}} />
          ) : null}
          {step === 'review' ? <ReviewStep choice={choice} onChange={set} /> : null}
          <Group>
            {before ? (
              <Button variant="default" onClick={() => go(before)}>
                Back
              </Button>
            ) : null}
            {next ? (
              <Button disabled={place >= reachable} onClick={() => go(next)}>
                Next: {NAMES[next].toLowerCase()}
              </Button>
            ) : (
              <Button
                disabled={!may || lacking !== null}
                loading={submit.isPending}
                onClick={() => submit.mutate()}
              >
                Start training
              </Button>
            )}
          </Group>
        </Stack>
      </div>
    </Page>
  );
}
