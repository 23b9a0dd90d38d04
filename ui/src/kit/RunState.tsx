import { between, duration } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import { isOver } from './status';
import { StatusBadge } from './StatusBadge';
import { useNow } from './Time';

type Run = components['schemas']['Run'];

/** A state as a run's owner sees it: one that is told to stop says so until it has stopped. */
export function RunState({ run }: { run: Run }) {
  return !isOver(run.state) && run.desired === 'canceled' ? (
    <StatusBadge state="Canceling" tone="warning" title={`${run.state}, asked to stop`} />
  ) : (
    <StatusBadge state={run.state} {...(run.error ? { title: run.error } : {})} />
  );
}

export function RunDuration({ run }: { run: Run }) {
  const now = useNow(isOver(run.state) || !run.started_at ? 0 : 1000);
  return <>{duration(between(run.started_at, run.ended_at, now))}</>;
}
