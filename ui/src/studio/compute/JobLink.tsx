import { Text } from '@mantine/core';
import { shortId } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';

export interface Named {
  title: string;
  run_id?: string | null;
  attempt?: number;
}

/** The name of a job, which leads to its run; with its id where another of the list is called the same, and which attempt it is. */
export function JobLink({ job, among }: { job: Named; among: readonly Named[] }) {
  if (!job.run_id) return <>{job.title}</>;
  const more = moreOf(job, among);
  return (
    <>
      <Link href={at(['experiments', 'runs', job.run_id])}>{job.title}</Link>
      {more ? (
        <Text span size="xs" c="dimmed">
          {' '}
          {more}
        </Text>
      ) : null}
    </>
  );
}

/** What tells a job from others of its name; empty where its name does. */
export function moreOf(job: Named, among: readonly Named[]): string {
  const alike = among.some((one) => one.title === job.title && one.run_id !== job.run_id);
  const parts = [
    alike && job.run_id ? shortId(job.run_id) : '',
    job.attempt && job.attempt > 1 ? `attempt ${job.attempt}` : '',
  ];
  return parts.filter(Boolean).join(', ');
}
