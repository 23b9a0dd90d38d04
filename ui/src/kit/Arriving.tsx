import { CatchBoundary } from '@tanstack/react-router';
import { Suspense, type ReactNode } from 'react';
import { ErrorState } from './ErrorState';

interface Props {
  /** What stands there until the code is here. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Room for a part whose code is to come (`later`): when it does not, that is told here, and the page around stays. */
export function Arriving({ fallback, children }: Props) {
  return (
    <CatchBoundary
      getResetKey={() => 0}
      errorComponent={({ error, reset }) => <ErrorState error={error} onRetry={reset} inline />}
    >
      <Suspense fallback={fallback}>{children}</Suspense>
    </CatchBoundary>
  );
}
