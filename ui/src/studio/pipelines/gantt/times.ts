import { isOver } from '@/kit/status';
import type { Step } from '../queries';
import type { Times } from './scale';

type Timed = Pick<Step, 'id' | 'parent' | 'needs' | 'state' | 'started_at' | 'ended_at'>;

const moment = (text: string | null | undefined) => (text ? new Date(text).getTime() : null);

/**
 * When each step waited and ran. It waits from the end of the last step that it needs, else from the begin of what it is
 * inside of, else from when the run was made; one that took an earlier result, or did not come to run, did not wait.
 */
export function timesOf(steps: readonly Timed[], made: string): Map<string, Times> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  return new Map(
    steps.map((step) => {
      const [started, ended, over] = [moment(step.started_at), moment(step.ended_at), isOver(step.state)];
      const waits = step.state === 'Reused' || (over && started === null) ? null : readyAt(step, byId, made);
      const queued = waits !== null && started !== null ? Math.min(waits, started) : waits;
      return [step.id, { queued, started, ended, over }];
    }),
  );
}

function readyAt(step: Timed, byId: ReadonlyMap<string, Timed>, made: string): number | null {
  const needed = step.needs.flatMap((need) => byId.get(need) ?? []);
  if (needed.some((one) => !isOver(one.state))) return null; // it is not its turn yet
  const ends = needed.flatMap((one) => moment(one.ended_at) ?? []);
  const inside = byId.get(step.parent);
  const begun = inside ? moment(inside.started_at) : moment(made);
  return ends.length > 0 ? Math.max(...ends, begun ?? 0) : begun;
}
