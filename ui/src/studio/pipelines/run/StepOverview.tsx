import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { moment } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { IconX } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Link, useFollow } from '@/kit/Link';
import { isOver } from '@/kit/status';
import { whyQueued } from '@/kit/waits';
import { stepCost, type Step, type StepDetail } from '../queries';
import type { Change } from '../search';
import { StepTime } from '../StepTime';
import { kindOf, loopEnd, outcomeOf } from '../words';
import classes from './run.module.css';

interface Props {
  step: Step;
  detail: StepDetail | undefined;
  change: Change;
  onSelect: (id: string | undefined) => void;
}

/** How a step stands: its state and reason, times, where it runs, and the way to its run. */
export function StepOverview({ step, detail, change, onSelect }: Props) {
  const follow = useFollow();
  const priced =
    Boolean(step.run_id) && step.compute !== '' && step.compute !== 'local' && !step.origin_run_id;
  const spent = useQuery({ ...stepCost(step.run_id ?? ''), enabled: priced });
  const runId = step.origin_run_id ?? step.run_id;
  const href = runId
    ? step.kind === 'pipeline'
      ? at(['pipelines', runId])
      : step.kind === 'automl'
        ? at(['automl', runId])
        : at(['experiments', 'runs', runId])
    : null;
  const reuse = detail?.reuse;
  const [component = '', version] = step.component.split(':');
  return (
    <div className={classes.stack}>
      {step.error ? (
        <section className={classes.failure} aria-label="Why it failed">
          <IconX size={18} aria-hidden />
          <div>
            <p>{step.error}</p>
            <Button variant="default" size="compact-sm" onClick={() => change({ part: 'log' }, false)}>
              Open the log
            </Button>
          </div>
        </section>
      ) : null}
      <KeyValue
        items={[
          ['Why it waits', isOver(step.state) || !step.waits_for ? null : whyQueued(step.waits_for)],
          ['Kind', kindOf(step)],
          ['Loop', detail ? loopEnd(detail) : null],
          [
            'Component',
            component ? (
              <Link href={at(['pipelines', 'components', component], { version })}>{step.component}</Link>
            ) : null,
          ],
          ['Reuse', reuse ? outcomeOf(reuse) : null],
          ['Started', step.started_at ? moment(step.started_at) : null],
          ['Ended', step.ended_at ? moment(step.ended_at) : null],
          ['Duration', step.started_at ? <StepTime key="time" step={step} /> : null],
          ['Compute', step.compute || null],
          ['Attempts', step.attempt > 1 ? String(step.attempt) : null],
          ['Cost', spent.data?.cost ? spent.data.cost.toFixed(4) : null],
          ['Comment', detail?.step.comment || null],
          [
            'Waits for',
            step.needs.length > 0 ? (
              <Group gap={4} key="needs">
                {step.needs.slice(0, 20).map((need) => (
                  <Button key={need} variant="default" size="compact-sm" onClick={() => onSelect(need)}>
                    {need}
                  </Button>
                ))}
                {step.needs.length > 20 ? `and ${step.needs.length - 20} more` : null}
              </Group>
            ) : null,
          ],
        ]}
      />
      {href ? (
        <Group gap="sm">
          <Button component="a" variant="default" href={href} onClick={(event) => follow(href, event)}>
            {step.kind === 'pipeline'
              ? 'Open as a pipeline'
              : step.origin_run_id
                ? 'Open the original run'
                : 'Open the run'}
          </Button>
          <Text size="sm" c="dimmed">
            {step.kind === 'pipeline'
              ? 'with its own graph'
              : step.kind === 'automl'
                ? 'with its leaderboard, the data and what matters in it'
                : 'with metrics, parameters and artifacts'}
          </Text>
        </Group>
      ) : null}
    </div>
  );
}
