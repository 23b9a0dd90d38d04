import { useQuery } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import type { Run } from '../queries';
import { runHref } from '../runColumns';
import { runAncestors } from './queries';
import classes from './overview.module.css';

/** Where a step stands in the graph of its pipeline. */
const stepHref = (pipeline: Pick<Run, 'id'>, step: Pick<Run, 'id'>) =>
  at(['pipelines', pipeline.id], { run: step.id });

/** The runs above this one, the topmost first, as links. */
export function Ancestors({ run }: { run: Run }) {
  const query = useQuery({
    ...runAncestors(run.id),
    enabled: run.parent_id !== null && run.parent_id !== undefined,
  });
  if (!run.parent_id) return null;
  const above = query.data ?? [];
  return (
    <nav aria-label="Runs above this one">
      <ol className={classes.crumbs}>
        {above.length > 0 ? (
          above.map((parent) => (
            <li key={parent.id}>
              <Link href={parent.kind === 'pipeline' ? stepHref(parent, run) : runHref(parent)}>
                {parent.name}
              </Link>
            </li>
          ))
        ) : (
          <li>
            <Link href={runHref({ id: run.parent_id })}>its parent run</Link>
          </li>
        )}
      </ol>
    </nav>
  );
}
