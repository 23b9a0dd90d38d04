import { StatusBadge } from '@/kit/StatusBadge';
import type { Tone } from '@/kit/status';
import type { Verdict } from './queries';

const LOOKS: Record<Verdict, { label: string; tone: Tone; title: string }> = {
  clean: {
    label: 'Clean',
    tone: 'completed',
    title: 'All it imports is on the list of types that only hold data',
  },
  unknown: { label: 'Unknown types', tone: 'warning', title: 'It brings types or code that are on no list' },
  dangerous: { label: 'Dangerous', tone: 'failed', title: 'Loading it would run commands or code' },
  unreadable: { label: 'Not readable', tone: 'failed', title: 'Some of its files could not be looked into' },
};

/** What a look into the files of a version found, in a word. */
export function VerdictBadge({
  verdict,
  here = true,
}: {
  verdict: Verdict | null | undefined;
  here?: boolean;
}) {
  if (!verdict)
    return here ? (
      <StatusBadge state="queued" label="Not looked into" title="The controller does so within seconds" />
    ) : (
      <span>–</span>
    );
  const look = LOOKS[verdict];
  return <StatusBadge state={verdict} tone={look.tone} label={look.label} title={look.title} />;
}
