import { IconCheck } from './icons';
import classes from './wizardSteps.module.css';

interface Props<Step extends string> {
  steps: readonly Step[];
  names: Readonly<Record<Step, string>>;
  step: Step;
  /** How many, from the first on, bear a check mark. */
  done: number;
  /** The last step that may be gone to. */
  reachable: number;
  faulty?: readonly Step[];
  onGo: (step: Step) => void;
}

/** The steps of a wizard: where one is, what is done, and the way back. */
export function WizardSteps<Step extends string>(props: Props<Step>) {
  const { steps, names, step, done, reachable, faulty, onGo } = props;
  return (
    <nav aria-label="Steps" className={classes.steps}>
      <ol>
        {steps.map((known, index) => (
          <li key={known}>
            <button
              type="button"
              aria-current={known === step ? 'step' : undefined}
              disabled={index > reachable}
              onClick={() => onGo(known)}
              data-fault={faulty?.includes(known) || undefined}
            >
              <span className={classes.mark}>
                {index < done ? <IconCheck size={14} aria-hidden /> : index + 1}
              </span>
              {names[known]}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
