import { statusOf } from '@/kit/status';
import type { Counts, Step } from '../queries';

/** Steps by what became of them; what others are inside of counts by them, as the server has it. */
export function countedOf(steps: readonly Step[]): Counts {
  const counts = {
    total: 0,
    waiting: 0,
    running: 0,
    completed: 0,
    reused: 0,
    failed: 0,
    skipped: 0,
    canceled: 0,
  };
  const containers = new Set(steps.map((step) => step.parent));
  for (const { state, path } of steps) {
    if (containers.has(path)) continue;
    counts.total += 1;
    if (state === 'Reused') counts.reused += 1;
    else if (state === 'Skipped') counts.skipped += 1;
    else {
      const { tone } = statusOf(state);
      counts[tone === 'queued' || tone === 'warning' ? 'waiting' : tone] += 1;
    }
  }
  return counts;
}
