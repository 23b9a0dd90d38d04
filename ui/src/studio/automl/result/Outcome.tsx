import type { ReactNode } from 'react';
import { count, counted, duration, metric } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { metricName, type AutoMLRun } from '../documents';
import classes from './result.module.css';

/** The result in a row: score, what it is made of, how it is served, where it is registered. */
export function Outcome({ run }: { run: AutoMLRun }) {
  const { summary, best } = run;
  const score = summary?.score ?? best?.score;
  if (score == null) return null;
  const [name = '', version] = (run.model ?? '').split(':');
  const trials = summary?.trials;
  return (
    <dl className={classes.outcome}>
      <Fact label={summary ? metricName(summary.metric) : `Best so far: ${best?.title ?? ''}`} big>
        {metric(score, 5)}
      </Fact>
      <Fact label="Models">
        {summary ? `${count(trials?.completed ?? 0)} trained` : count(run.trials)}
        {trials?.failed ? `, ${count(trials.failed)} failed` : ''}
        {summary?.first_row_seconds == null ? null : (
          <small>first after {duration(summary.first_row_seconds)}</small>
        )}
      </Fact>
      {summary ? (
        <>
          <Fact label="Ensemble of">
            {summary.members.length} {summary.members.length === 1 ? 'model' : 'models'}
            <small>
              best single {summary.best_single} {metric(summary.best_single_score, 5)}
            </small>
          </Fact>
          <Fact label="Checked on">
            {counted(summary.rows, 'row')}
            <small>
              {summary.folds > 1
                ? `${summary.folds} folds, none seen in training`
                : 'a holdout, not seen in training'}
            </small>
          </Fact>
          <Fact label="Serving form">
            {summary.export.onnx ? 'ONNX, verified' : 'native'}
            <small>{metric(summary.export.compiled_ms ?? summary.export.native_ms, 3)} ms a row</small>
          </Fact>
        </>
      ) : null}
      {run.model ? (
        <Fact label="Registered">
          <Link href={at(['models', name], { version })}>{run.model}</Link>
        </Fact>
      ) : summary && run.pipeline_id ? (
        <Fact label="Model">
          best_model
          <small>an output of this step; with a name it would be registered</small>
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ label, big, children }: { label: string; big?: boolean; children: ReactNode }) {
  return (
    <div data-big={big || undefined}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
