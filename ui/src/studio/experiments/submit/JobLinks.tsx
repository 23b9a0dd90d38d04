import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { useFollow } from '@/kit/Link';

/** From the table of runs to what makes some: environments, and a new job. */
export function JobLinks() {
  const may = useMay('experiments.write');
  const follow = useFollow();
  const environments = at(['experiments', 'environments']);
  const submit = at(['experiments', 'submit']);
  usePageActions(
    useMemo(
      () => [
        { id: 'environments', label: 'Show environments', run: () => follow(environments) },
        ...(may ? [{ id: 'submit-job', label: 'Submit a job', key: 'c', run: () => follow(submit) }] : []),
      ],
      [environments, follow, may, submit],
    ),
  );
  return (
    <>
      <Button
        component="a"
        variant="default"
        href={environments}
        onClick={(event) => follow(environments, event)}
      >
        Environments
      </Button>
      {may ? (
        <Button component="a" href={submit} onClick={(event) => follow(submit, event)}>
          Submit a job
        </Button>
      ) : null}
    </>
  );
}
