import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, data } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Page, PageHeader } from '@/kit/Page';
import { TraceTable } from './TraceTable';
import type { Wanted } from './queries';

const experiments = {
  queryKey: ['experiments', 'names'],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await data(api().GET('/experiments', { params: { query: { limit: 500 } }, signal }))).items.map(
      (one) => one.name,
    ),
};

/** All traces of the workspace, or of one experiment. */
export function TracesPage() {
  const wanted: Wanted = useSearch({ from: '/w/$ws/experiments/traces' });
  const navigate = useNavigate({ from: '/w/$ws/experiments/traces' });
  const names = useQuery(experiments);
  const change = (next: Partial<Wanted>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  return (
    <Page
      title="Traces"
      header={
        <PageHeader
          title="Traces"
          facts={
            <Link href={at(['experiments'], wanted.experiment ? { experiment: wanted.experiment } : {})}>
              {wanted.experiment ? `Runs of ${wanted.experiment}` : 'Runs'}
            </Link>
          }
          actions={
            <Select
              aria-label="Experiment"
              placeholder="Any experiment"
              data={[...new Set([...(names.data ?? []), ...(wanted.experiment ? [wanted.experiment] : [])])]}
              value={wanted.experiment ?? null}
              onChange={(experiment) => change({ experiment: experiment ?? undefined })}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': 'Any experiment' }}
              nothingFoundMessage="No experiment has this name"
              w={220}
            />
          }
        />
      }
    >
      <TraceTable wanted={wanted} onChange={change} />
    </Page>
  );
}
