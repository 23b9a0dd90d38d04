import type { RunOverview } from '../queries';

interface About {
  id: string;
  name: string;
  workspace: string;
  origin: string;
  overview: Pick<RunOverview, 'metrics' | 'models'>;
  hasCode: boolean;
}

const quoted = (text: string) => JSON.stringify(text);

/** The same run in Python: by MLflow's client, by the studio's, and its code on the own machine. */
export function snippets({ id, name, workspace, origin, overview, hasCode }: About): Record<string, string> {
  const curve = overview.metrics.find((it) => it.points > 1) ?? overview.metrics[0];
  const key = quoted(curve?.key ?? 'loss');
  const [model] = overview.models;
  const remark = `# ${name.replaceAll(/\s+/g, ' ')}`;
  const mlflow = [
    remark,
    'import mlflow',
    'import pandas as pd',
    '',
    `mlflow.set_tracking_uri(${quoted(`${origin}/w/${workspace}`)})   # and MLFLOW_TRACKING_TOKEN; studiolo env sets both`,
    'client = mlflow.MlflowClient()',
    `run = client.get_run(${quoted(id)})`,
    'run.data.params, run.data.metrics, run.data.tags',
    '',
    `points = client.get_metric_history(run.info.run_id, ${key})`,
    'history = pd.DataFrame([{"step": p.step, "timestamp": p.timestamp, "value": p.value} for p in points])',
    'folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id)',
    ...(model ? [`model = mlflow.pyfunc.load_model(${quoted(`models:/${model.id}`)})`] : []),
  ];
  const sdk = [
    remark,
    'import pandas as pd',
    'from studiolo import Studio',
    '',
    `studio = Studio(${quoted(origin)}, workspace=${quoted(workspace)})`,
    `run = studio.experiments.overview(${quoted(id)})`,
    'run.params, run.tags, {metric.key: metric.value for metric in run.metrics}',
    '',
    `[series] = studio.experiments.history(${quoted(id)}, ${key})`,
    'history = pd.DataFrame({"step": series.steps, "value": series.values})',
    `studio.experiments.download_folder(${quoted(id)}, "artifacts.zip")`,
  ];
  const code = [
    `studiolo experiments code ${id} --to code   # the files it was submitted with`,
    `studiolo experiments show ${id}             # and how it was run`,
    'cd code',
  ];
  return {
    MLflow: mlflow.join('\n'),
    'Studio SDK': sdk.join('\n'),
    ...(hasCode ? { 'Its code': code.join('\n') } : {}),
  };
}
