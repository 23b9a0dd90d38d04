import { count } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import { IconWarning } from '@/kit/icons';
import classes from './submit.module.css';

export type StepProblem = components['schemas']['Problem'];

/** What is wrong with a pipeline, each at its step and field. */
export function Problems({ problems }: { problems: readonly StepProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <section className={classes.problems} aria-label="What is wrong with the pipeline" role="status">
      <h2>
        {problems.length === 1
          ? 'One thing has to be put right'
          : `${count(problems.length)} things have to be put right`}
      </h2>
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            <IconWarning size={16} aria-hidden />
            <div>
              <strong>
                {problem.step ? `Step ${problem.step}` : 'The pipeline'}
                {problem.field ? `, ${problem.field}` : ''}
              </strong>
              <div>{problem.message}</div>
              {problem.hint ? <div className={classes.hint}>{problem.hint}</div> : null}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
