import { ago } from '@/kernel/format';
import { StatusBadge } from '@/kit/StatusBadge';
import type { CheckState } from './queries';

/** What the last try of the connection came to. */
export function CheckBadge({ check }: { check: CheckState | null | undefined }) {
  if (!check) return <StatusBadge state="queued" label="Not tried yet" />;
  const when = check.at ? `Tried ${ago(check.at)}` : '';
  return check.ok ? (
    <StatusBadge state="completed" label="Works" title={when} />
  ) : (
    <StatusBadge state="failed" label="Does not work" title={`${check.cause ?? ''} ${when}`} />
  );
}
