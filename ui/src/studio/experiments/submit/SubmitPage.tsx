import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { Problem } from '@/kernel/problem';
import { Loading, Page, PageHeader } from '@/kit/Page';
import { runSpec } from '../queries';
import { JobForm } from './JobForm';
import { draftOf, emptyDraft } from './spec';

/** Submit a command as a job; from another run it begins with what that one was given. */
export function SubmitPage() {
  const { from } = useSearch({ from: '/w/$ws/experiments/submit' });
  const query = useQuery({ ...runSpec(from ?? ''), enabled: Boolean(from) });
  const ready = !from || query.data;
  return (
    <Page
      title="Submit a job"
      width="form"
      header={
        <PageHeader
          title={from ? 'Edit and run again' : 'Submit a job'}
          lead="A command that runs in processes of its own; its log, metrics and files are kept."
        />
      }
    >
      <Denied permission="experiments.write" to="submit jobs" />
      {from && query.error ? (
        <ErrorState error={Problem.from(query.error)} onRetry={() => void query.refetch()} />
      ) : ready || query.isSuccess ? (
        <JobForm key={from ?? ''} start={query.data ? draftOf(query.data) : emptyDraft()} />
      ) : (
        <Loading rows={10} />
      )}
    </Page>
  );
}
