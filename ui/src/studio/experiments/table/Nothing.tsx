import { Button } from '@mantine/core';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import type { TableSearch } from './state';

interface Props {
  search: TableSearch;
  /** The one whose runs these are, where it is one. */
  experiment: string | undefined;
  onChange: (change: Partial<TableSearch>) => void;
}

/** A table without rows: what is filtered away is brought back, what was never there is logged. */
export function Nothing({ search, experiment, onChange }: Props) {
  if (search.bin && !search.q) return <span>The bin is empty.</span>;
  const children =
    !search.all && !search.bin ? (
      <Button variant="subtle" size="compact-sm" onClick={() => onChange({ all: true })}>
        Look among child runs too
      </Button>
    ) : null;
  if (search.q)
    return (
      <>
        <NoMatch onClear={() => onChange({ q: undefined })} />
        {children}
      </>
    );
  return (
    <>
      <EmptyState title="No runs here yet" {...(experiment ? { code: loggedTo(experiment) } : {})}>
        {experiment
          ? 'A run logged to this experiment appears here as soon as it starts.'
          : 'A run logged to one of these experiments appears here as soon as it starts.'}
      </EmptyState>
      {children}
    </>
  );
}

function loggedTo(experiment: string): Record<string, string> {
  const name = JSON.stringify(experiment);
  return {
    MLflow: `import mlflow\n\nmlflow.set_experiment(${name})\nwith mlflow.start_run():\n    mlflow.log_metric("accuracy", 0.91)`,
    'Job file': `# job.yml\ncommand: python train.py\ncode: src\nexperiment_name: ${name}\n\n$ studiolo submit job.yml`,
  };
}
