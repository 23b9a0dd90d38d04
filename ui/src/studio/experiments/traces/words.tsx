import { duration } from '@/kernel/format';
import { StatusBadge } from '@/kit/StatusBadge';
import type { Tone } from '@/kit/status';

const STATES: Record<string, { tone: Tone; word: string }> = {
  OK: { tone: 'completed', word: 'OK' },
  ERROR: { tone: 'failed', word: 'Error' },
  IN_PROGRESS: { tone: 'running', word: 'In progress' },
};

/** The state of a trace or a span. */
export function State({ state }: { state: string }) {
  const found = STATES[state] ?? { tone: 'queued' as const, word: 'Unset' };
  return <StatusBadge state={state} tone={found.tone} label={found.word} />;
}

/** How long a part of a trace took. ms: with fractions. */
export const took = (ms: number | null | undefined) => duration(ms == null ? null : ms / 1000);

/** How long a whole trace took, which is kept in whole milliseconds. */
export const tookWhole = (ms: number | null | undefined) => (ms === 0 ? '< 1 ms' : took(ms));
