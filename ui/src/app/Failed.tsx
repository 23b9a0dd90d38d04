import { Problem } from '@/kernel/problem';
import { ErrorState } from '@/kit/ErrorState';
import { Page } from '@/kit/Page';

/** A page that could not be shown at all. */
export function Failed({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <Page title={Problem.from(error).title}>
      <ErrorState error={error} onRetry={onRetry} inline />
    </Page>
  );
}
