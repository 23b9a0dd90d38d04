import type { Run } from './queries';

/** What a class of failure means and what to do, in the words of somebody who has to fix it. */
const ADVICE: Record<string, { title: string; todo: string }> = {
  user_error: {
    title: 'The program ended with an error',
    todo: 'Its last lines in the log say why. Correct the program or its inputs and submit it again.',
  },
  oom: {
    title: 'The job ran out of memory',
    todo: 'Give it a higher memory limit, fewer parallel workers, or less data at a time.',
  },
  timeout: {
    title: 'The time limit was reached',
    todo: 'Give it a longer time limit, or less to do. What it logged before is kept.',
  },
  environment: {
    title: 'The job could not be started',
    todo: 'The command or its environment is not there: check the first word of the command and the installed packages.',
  },
  input_missing: {
    title: 'An input is not there',
    todo: 'The bytes of an input cannot be read any more. Upload it again, or choose another version.',
  },
  output_missing: {
    title: 'An output is not there',
    todo: 'A step ended well and left nothing where its output is to be. Look at its log, and at where its command writes.',
  },
  lost: {
    title: 'The job was lost',
    todo: 'How far it came is not known. Submit it again; with retries: {lost: 1} the job does so by itself.',
  },
  preempted: {
    title: 'The job had to make room',
    todo: 'A job of higher priority took its place. Submit it again.',
  },
  canceled: { title: 'The run was canceled', todo: '' },
};

export interface FailureText {
  title: string;
  detail: string;
  todo: string;
}

/** A run that an MLflow client made: its program ran elsewhere, and so did what it printed. */
export const isClients = (run: Run) => run.kind === 'run';

const GONE = 'Its process and its exit record are gone, as after a power cut.';

/** Null for a run that did not fail. */
export function failureOf(run: Run): FailureText | null {
  if (run.state !== 'Failed' && run.state !== 'Lost') return null;
  const known = ADVICE[run.failure ?? (run.state === 'Lost' ? 'lost' : '')];
  const code = run.exit_code == null ? '' : `Exit code ${run.exit_code}.`;
  return {
    title: known?.title ?? 'The run failed',
    detail: run.error ?? (run.state === 'Lost' ? GONE : code),
    todo:
      known?.todo ??
      (isClients(run)
        ? 'Its program said so to the studio; what it printed stayed where it ran.'
        : 'Its log may say more.'),
  };
}
