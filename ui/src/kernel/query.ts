import { QueryClient } from '@tanstack/react-query';
import { Problem } from './problem';

/** One cache per tab. Keys are `[slice, verb, …arguments]`; live events invalidate by slice. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      gcTime: 10 * 60_000,
      networkMode: 'always',
      refetchOnWindowFocus: false,
      retry: (count, error) =>
        count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 502),
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
