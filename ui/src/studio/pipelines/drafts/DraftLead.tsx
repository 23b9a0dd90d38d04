import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Time } from '@/kit/Time';
import type { DraftDetail } from './queries';

/** Who changed a draft when, and what came of its last submission. */
export function DraftLead({ kept }: { kept: DraftDetail }) {
  return (
    <>
      Changed <Time at={kept.updated_at} /> by {kept.updated_by}; a submission leaves it as it is.
      {kept.run_id ? (
        <>
          {' '}
          <Link href={at(['pipelines', kept.run_id])}>Its last run</Link>
        </>
      ) : null}
    </>
  );
}
