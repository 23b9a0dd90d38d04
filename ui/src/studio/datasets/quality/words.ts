import type { Tone } from '@/kit/status';
import type { Check } from './queries';

const STATES: Record<Check['state'], { tone: Tone; label: string }> = {
  running: { tone: 'running', label: 'At work' },
  passed: { tone: 'completed', label: 'Passed' },
  warned: { tone: 'warning', label: 'Warned' },
  failed: { tone: 'failed', label: 'Failed' },
  error: { tone: 'failed', label: 'Not done' },
  canceled: { tone: 'canceled', label: 'Canceled' },
};

export function checkState(check: Check) {
  return STATES[check.state];
}
