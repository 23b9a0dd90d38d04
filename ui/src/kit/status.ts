import type { Icon } from '@tabler/icons-react';
import { IconBan, IconCheck, IconClock, IconLoader, IconWarning, IconX } from './icons';

export type Tone = 'queued' | 'running' | 'completed' | 'failed' | 'canceled' | 'warning';

export interface Status {
  tone: Tone;
  word: string;
  icon: Icon;
}

const ICONS: Record<Tone, Icon> = {
  queued: IconClock,
  running: IconLoader,
  completed: IconCheck,
  failed: IconX,
  canceled: IconBan,
  warning: IconWarning,
};

const TONES: Record<string, Tone> = {
  notstarted: 'queued',
  queued: 'queued',
  pending: 'queued',
  scheduled: 'queued',
  provisioning: 'running',
  preparing: 'running',
  starting: 'running',
  running: 'running',
  finalizing: 'running',
  creating: 'running',
  updating: 'running',
  deleting: 'running',
  deploying: 'running',
  profiling: 'running',
  stopping: 'running',
  completed: 'completed',
  succeeded: 'completed',
  finished: 'completed',
  ready: 'completed',
  healthy: 'completed',
  live: 'completed',
  reused: 'completed',
  passed: 'completed',
  failed: 'failed',
  lost: 'failed',
  unhealthy: 'failed',
  canceled: 'canceled',
  killed: 'canceled',
  skipped: 'canceled',
  stopped: 'canceled',
  deleted: 'canceled',
  warning: 'warning',
  degraded: 'warning',
  refused: 'warning',
};

const known = new Map<string, Status>(); // a page of many steps asks again for each of them at each change

/** Word, icon and colour of a state; unknown states are drawn plainly, with their own word. */
export function statusOf(state: string): Status {
  const found = known.get(state) ?? made(state);
  if (known.size < 200) known.set(state, found);
  return found;
}

function made(state: string): Status {
  const tone = TONES[state.toLowerCase().replaceAll(/[\s_-]/g, '')] ?? 'queued';
  const spaced = state
    .replaceAll('_', ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return { tone, word: spaced.charAt(0).toUpperCase() + spaced.slice(1), icon: ICONS[tone] };
}

export function isOver(state: string): boolean {
  return ['completed', 'failed', 'canceled'].includes(statusOf(state).tone);
}
