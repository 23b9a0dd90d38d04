import { Group, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { between, count, duration } from '@/kernel/format';
import { flag, text } from '@/kernel/search';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { pipeline, pipelineCost, stepParts, stepsOf, type PipelineDetail } from '../queries';
import { useStepEvents } from '../useEvents';
import { computeName, givenText } from '../words';
import { Differences } from './Differences';
import { pairsOf, textsOf } from './diff';
import { PairGrid } from './PairGrid';
import { RunChoice } from './RunChoice';
import classes from '../run/run.module.css';

interface Search {
  first?: string | undefined;
  second?: string | undefined;
  /** Steps that are the same too. */
  all?: boolean | undefined;
  step?: string | undefined;
  sort?: string | undefined;
}

/** Two runs of pipelines side by side: what of each step is not the same. */
export function ComparePage() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search: Search = useMemo(
    () => ({
      first: text(raw, 'first'),
      second: text(raw, 'second'),
      all: flag(raw, 'all'),
      step: text(raw, 'step'),
      sort: text(raw, 'sort'),
    }),
    [raw],
  );
  const navigate = useNavigate();
  const change = useCallback(
    (next: Search) =>
      void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace: true }),
    [navigate],
  );
  const { first, second } = search;
  return (
    <Page
      title="Compare pipelines"
      header={<PageHeader title="Compare pipelines" lead="Two runs, step by step: what is not the same." />}
    >
      <Group gap="md" align="flex-end">
        <RunChoice
          label="First run"
          value={first}
          other={second}
          onChange={(id) => change({ first: id, step: undefined })}
        />
        <RunChoice
          label="Second run"
          value={second}
          other={first}
          onChange={(id) => change({ second: id, step: undefined })}
        />
      </Group>
      {first && second ? (
        <Sides key={`${first} ${second}`} first={first} second={second} search={search} change={change} />
      ) : (
        <EmptyState title="Choose two runs">
          Their steps are paired by name. What differs in state, inputs, parameters, code, environment and
          duration is shown.
        </EmptyState>
      )}
    </Page>
  );
}

interface SidesProps {
  first: string;
  second: string;
  search: Search;
  change: (next: Search) => void;
}

/** The answers of several queries as one. */
function useBoth<T>(one: Like<T>, other: Like<T>) {
  const error = one.error ?? other.error;
  return {
    data: one.data !== undefined && other.data !== undefined ? ([one.data, other.data] as [T, T]) : undefined,
    error,
    isPending: one.isPending || other.isPending,
    refetch: () => {
      one.refetch();
      other.refetch();
    },
  };
}
interface Like<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

function Sides({ first, second, search, change }: SidesProps) {
  const details = useBoth(useQuery(pipeline(first)), useQuery(pipeline(second)));
  const steps = useBoth(useQuery(stepsOf(first)), useQuery(stepsOf(second)));
  const parts = useBoth(useQuery(stepParts(first)), useQuery(stepParts(second)));
  useStepEvents(first, details.data?.[0].root_id);
  useStepEvents(second, details.data?.[1].root_id);
  const pairs = useMemo(
    () => (steps.data ? pairsOf(steps.data[0], steps.data[1], parts.data ?? [{}, {}]) : []),
    [steps.data, parts.data],
  );
  const differing = useMemo(() => pairs.filter((pair) => pair.differences.length > 0), [pairs]);
  const chosen = pairs.find((pair) => pair.path === search.step);
  return (
    <Answer query={details}>
      {([one, other]) => (
        <div className={classes.stack}>
          <Whole first={one} second={other} />
          <Section
            title="Steps"
            actions={
              <Switch
                label={`Only what differs (${count(pairs.length - differing.length)} of ${count(pairs.length)} are the same)`}
                checked={!search.all}
                onChange={(event) => change({ all: event.currentTarget.checked ? undefined : true })}
              />
            }
          >
            <Answer query={steps}>
              {() =>
                differing.length === 0 && !search.all ? (
                  <Note tone="good" title="No step differs">
                    <div>
                      {parts.data
                        ? `All ${count(pairs.length)} steps were given the same and came to the same.`
                        : `All ${count(pairs.length)} steps stand the same; what they were given is not known here.`}
                    </div>
                  </Note>
                ) : (
                  <PairGrid
                    pairs={search.all ? pairs : differing}
                    chosen={search.step}
                    sort={search.sort}
                    onSort={(sort) => change({ sort })}
                    onChoose={(step) => change({ step })}
                  />
                )
              }
            </Answer>
          </Section>
          {chosen ? (
            <Section title={`What differs in ${chosen.title}`}>
              <Differences
                label={`Differences of ${chosen.title}`}
                rows={chosen.differences}
                first={chosen.first ? { run: first, path: chosen.path } : null}
                second={chosen.second ? { run: second, path: chosen.path } : null}
              />
            </Section>
          ) : null}
          {parts.error ? (
            <Text size="sm" c="dimmed">
              What the steps were given cannot be read, so only states and times are compared.
            </Text>
          ) : null}
        </div>
      )}
    </Answer>
  );
}

/** Inputs and settings of the whole. */
function Whole({ first, second }: { first: PipelineDetail; second: PipelineDetail }) {
  const costs = [
    useQuery(pipelineCost(first.run.id, first.run.state)).data?.cost,
    useQuery(pipelineCost(second.run.id, second.run.state)).data?.cost,
  ];
  const spent = (cost: number | null | undefined): Record<string, string> =>
    costs.some(Boolean) && cost !== undefined ? { cost: (cost ?? 0).toFixed(4) } : {};
  const rows = textsOf({ ...factsOf(first), ...spent(costs[0]) }, { ...factsOf(second), ...spent(costs[1]) });
  return (
    <Section
      title="The pipelines"
      actions={
        <Group gap="md">
          <Link href={at(['pipelines', first.run.id])}>Open the first</Link>
          <Link href={at(['pipelines', second.run.id])}>Open the second</Link>
        </Group>
      }
    >
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          Both were given the same inputs and settings.
        </Text>
      ) : (
        <Differences label="Differences of the pipelines" rows={rows} first={null} second={null} />
      )}
    </Section>
  );
}

function factsOf({ run, values, settings, description }: PipelineDetail): Record<string, string> {
  return {
    name: run.name,
    state: run.state,
    ...(run.started_at && run.ended_at ? { duration: duration(between(run.started_at, run.ended_at)) } : {}),
    ...(description ? { description } : {}),
    ...Object.fromEntries(Object.entries(values).map(([name, given]) => [`input ${name}`, givenText(given)])),
    ...(settings.default_compute ? { compute: computeName(settings.default_compute) } : {}),
    'earlier results': settings.force_rerun ? 'not taken' : 'taken',
    'when a step fails': settings.continue_on_step_failure ? 'others go on' : 'no other starts',
  };
}
