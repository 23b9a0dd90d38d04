import { between, duration } from '@/kernel/format';
import { isOver } from '@/kit/status';
import { useNow } from '@/kit/Time';
import type { Step } from './queries';

type Timed = Pick<Step, 'state' | 'started_at' | 'ended_at'>;

/** How long a step ran, or runs by now; nothing for one that did not. */
export function StepTime({ step }: { step: Timed }) {
  const runs = Boolean(step.started_at) && !isOver(step.state);
  return runs ? (
    <Running since={step.started_at} />
  ) : (
    <>{step.started_at && step.ended_at ? took(step) : null}</>
  );
}

const took = (step: Timed) => duration(between(step.started_at, step.ended_at));

function Running({ since }: { since: string | null | undefined }) {
  const now = useNow(1000);
  return <>{duration(between(since, null, now))}</>;
}
