import { Tabs } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo } from 'react';
import { later } from '@/kernel/later';
import { usePageActions } from '@/kit/actions';
import { Arriving } from '@/kit/Arriving';
import { Answer, Loading, Page, PageHeader } from '@/kit/Page';
import { isOver } from '@/kit/status';
import { Graph } from './graph/Graph';
import { reveal, treeOf } from './graph/tree';
import { ownState, pipeline, stepsOf, type PipelineDetail } from './queries';
import { Header } from './run/Header';
import { StepPane } from './run/StepPane';
import { countedOf } from './run/tally';
import { readPipelineSearch, RUN_TABS, type Change, type RunTab } from './search';
import { useOwnEvents, useStepEvents } from './useEvents';
import classes from './run/run.module.css';

const Gantt = later(() => import('./gantt/Gantt'), 'Gantt');
const StepsTable = later(() => import('./run/StepsTable'), 'StepsTable');
const DetailsTab = later(() => import('./run/DetailsTab'), 'DetailsTab');

const LABELS: Record<RunTab, string> = { graph: 'Graph', gantt: 'Gantt', steps: 'Steps', details: 'Details' };

// made once: the page is drawn again several times a second while steps change
const PARTS = (
  <Tabs.List aria-label="Parts of the pipeline">
    {RUN_TABS.map((name) => (
      <Tabs.Tab key={name} value={name}>
        {LABELS[name]}
      </Tabs.Tab>
    ))}
  </Tabs.List>
);

/** A pipeline's run: its steps as a graph, on a line of time and as a table, live. */
export function PipelinePage() {
  const { runId = '' } = useParams({ strict: false }) as { runId?: string };
  const query = useQuery(pipeline(runId));
  return query.data ? (
    <Shown key={runId} detail={query.data} />
  ) : (
    <Page title="Pipeline" header={<PageHeader title="Pipeline" />}>
      <Answer query={query}>{() => null}</Answer>
    </Page>
  );
}

function Shown({ detail }: { detail: PipelineDetail }) {
  const { id } = detail.run;
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search = useMemo(() => readPipelineSearch(raw), [raw]);
  const navigate = useNavigate();
  const change: Change = useCallback(
    (next, replace = true) =>
      void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace }),
    [navigate],
  );
  const state = useQuery({ ...ownState(id), initialData: detail.run, initialDataUpdatedAt: 0 });
  const query = useQuery(stepsOf(id));
  useStepEvents(id, detail.root_id);
  useOwnEvents(id);
  const steps = useMemo(() => query.data ?? [], [query.data]);
  const tree = useMemo(() => treeOf(steps), [steps]);
  const toggled = useMemo(() => search.fold ?? [], [search.fold]);
  const tab = search.tab ?? 'graph';

  // a run's page knows the step by the id of its run
  const byRun = search.run ? steps.find((step) => step.run_id === search.run)?.path : undefined;
  useEffect(() => {
    if (byRun) change({ run: undefined, step: byRun, fold: listOf(reveal(tree, byRun, toggled)) });
  }, [byRun, change, tree, toggled]);

  const select = useCallback(
    (path: string | undefined) =>
      change(
        {
          step: path,
          output: undefined,
          file: undefined,
          find: undefined,
          line: undefined,
          ...(path ? { fold: listOf(reveal(tree, path, toggled)) } : { part: undefined }),
        },
        false,
      ),
    [change, tree, toggled],
  );
  const fold = useCallback(
    (path: string) =>
      change({
        fold: listOf(toggled.includes(path) ? toggled.filter((one) => one !== path) : [...toggled, path]),
      }),
    [change, toggled],
  );
  const open = useCallback(
    (next: RunTab) => change({ tab: next === 'graph' ? undefined : next }, false),
    [change],
  );
  usePageActions(
    useMemo(
      () =>
        RUN_TABS.map((name, index) => ({
          id: `pipeline-${name}`,
          label: `Show ${LABELS[name].toLowerCase()}`,
          key: String(index + 1),
          run: () => open(name),
        })),
      [open],
    ),
  );
  const selected = search.step ? tree.byId.get(search.step) : undefined;
  const run = state.data;
  const cache = useQueryClient();
  // its outputs are there when it has ended
  const ended = isOver(run.state) && !isOver(detail.run.state);
  useEffect(() => {
    if (ended) void cache.invalidateQueries({ queryKey: pipeline(id).queryKey });
  }, [ended, cache, id]);
  const counts = query.data ? countedOf(steps) : detail.counts;
  return (
    <Page title={run.name} header={<Header detail={detail} run={run} counts={counts} />}>
      <Tabs value={tab} onChange={(next) => open((next ?? 'graph') as RunTab)}>
        {PARTS}
        <Tabs.Panel value={tab} pt="md">
          <Answer query={query}>
            {() => (
              <div
                className={classes.body}
                data-pane={selected ? true : undefined}
                data-flow={tab === 'details' || undefined}
              >
                <div>
                  <Arriving key={tab} fallback={<Loading />}>
                    {tab === 'graph' ? (
                      <Graph
                        tree={tree}
                        toggled={toggled}
                        selected={search.step}
                        onSelect={select}
                        onFold={fold}
                      />
                    ) : tab === 'gantt' ? (
                      <Gantt
                        tree={tree}
                        made={run.created_at}
                        toggled={toggled}
                        selected={search.step}
                        onSelect={select}
                        onFold={fold}
                        wide={search.wide ?? 1}
                        onWide={(wide) => change({ wide: wide === 1 ? undefined : wide })}
                      />
                    ) : tab === 'steps' ? (
                      <StepsTable steps={steps} search={search} change={change} onSelect={select} />
                    ) : (
                      <DetailsTab detail={detail} run={run} counts={counts} />
                    )}
                  </Arriving>
                </div>
                {selected ? (
                  <StepPane
                    key={selected.path}
                    runId={id}
                    step={selected}
                    search={search}
                    change={change}
                    onSelect={select}
                  />
                ) : null}
              </div>
            )}
          </Answer>
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

const listOf = (paths: string[]): string[] | undefined => (paths.length > 0 ? paths : undefined);
