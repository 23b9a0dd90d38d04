import { EmptyState } from '@/kit/EmptyState';

const CODE = {
  'Command line': 'studiolo submit job.yml --wait',
  Python:
    'from studiolo import Studio\nfrom studiolo.studio.experiments.schemas import JobSpec\n\nstudio = Studio()\nstudio.experiments.submit(JobSpec(command=["python", "-c", "print(\'hello\')"]))',
  MLflow:
    'eval "$(studiolo env)"   # then, in Python:\n\nimport mlflow\n\nmlflow.set_experiment("first")\nwith mlflow.start_run():\n    mlflow.log_metric("accuracy", 0.91)',
};

export function FirstSteps() {
  return (
    <EmptyState title="No runs yet" code={CODE}>
      A run is one execution with its parameters, metrics, log and files. Submit a job, or point an MLflow
      client at this studio.
    </EmptyState>
  );
}
