import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { components } from '@/kernel/schema';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { StatusBadge } from '@/kit/StatusBadge';
import { running } from './queries';
import classes from './home.module.css';

type Run = components['schemas']['Run'];

/** AutoML runs and pipelines have pages of their own; any other run the general one. */
export function runHref(run: Pick<Run, 'id' | 'kind'>): string {
  if (run.kind === 'automl') return at(['automl', run.id]);
  return run.kind === 'pipeline' ? at(['pipelines', run.id]) : at(['experiments', 'runs', run.id]);
}

/** What runs now, with its progress. */
export function Running() {
  const found = useQuery(running);
  return (
    <Section title="Running now">
      <Answer query={found} rows={2} inline>
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing runs.
            </Text>
          ) : (
            <ul className={classes.running}>
              {page.items.map((run) => (
                <li key={run.id}>
                  <div>
                    <Link href={runHref(run)}>{run.name}</Link>
                    <div className={classes.kind}>
                      {run.kind} in {run.experiment}
                    </div>
                  </div>
                  <StatusBadge state={run.state} />
                  <ProgressBar
                    name={`Progress of ${run.name}`}
                    done={run.progress?.done ?? 0}
                    total={run.progress?.total}
                    label={run.progress?.label}
                    startedAt={run.started_at}
                    unit={(value) => String(Math.round(value))}
                  />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Section>
  );
}
