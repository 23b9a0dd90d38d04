import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { isOver } from '@/kit/status';
import type { TreeStep } from './graph/tree';

type Schemas = components['schemas'];
export type Run = Schemas['Run'];
export type PipelineRun = Schemas['PipelineRun'];
export type PipelineDetail = Schemas['PipelineDetail'];
export type StepState = Schemas['StepState'];
export type StepDetail = Schemas['StepDetail'];
export type Reuse = Schemas['Reuse'];
export type Counts = Schemas['Counts'];
export type Component = Schemas['Component'];
export type ComponentDetail = Schemas['ComponentDetail'];

/** A step of a run, as the pages order and fold it; its id is its path. */
export type Step = StepState & TreeStep;

const asStep = (state: StepState): Step => ({
  ...state,
  id: state.path,
  fan: state.kind === 'parallel_for' || state.kind === 'do_while',
});
const asSteps = (states: readonly StepState[]): Step[] => states.map(asStep);

// the hooks of `useEvents` renew what follows by the feed: neither a slice's key, which would fetch all at each event, nor a timer

export interface RunFilter {
  state?: readonly string[] | undefined;
  name?: string | undefined;
  experiment?: string | undefined;
}

export const pipelineRuns = ({ state, name, experiment }: RunFilter) =>
  pages<PipelineRun>(['pipelines', 'runs', state ?? [], name ?? '', experiment ?? ''], (cursor, signal) =>
    data(
      api().GET('/pipelines/runs', {
        params: {
          query: {
            limit: 50,
            ...(cursor ? { cursor } : {}),
            ...(state ? { state: [...state] } : {}),
            ...(name ? { name } : {}),
            ...(experiment ? { experiment } : {}),
          },
        },
        signal,
      }),
    ),
  );

/** What was submitted, and what came of it when it has ended. How it goes: `stateOf` and `stepsOf`. */
export const pipeline = (id: string) =>
  queryOptions({
    queryKey: ['pipeline', id],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/runs/{run_id}', { params: { path: { run_id: id } }, signal })),
  });

export const stateOf = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'run', id], // the run's own page has the same; `run` events renew it
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}', { params: { path: { run_id: id } }, signal })),
  });

/** The state of a pipeline's own run. Apart from what each job's events renew: there are as many as steps, and none is about it. */
export const ownState = (id: string) =>
  queryOptions({
    queryKey: ['pipeline-run', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}', { params: { path: { run_id: id } }, signal })),
  });

export const stepsKey = (id: string) => ['pipeline-steps', id] as const;

export const stepsOf = (id: string) =>
  queryOptions({
    queryKey: stepsKey(id),
    queryFn: ({ signal }) => fetchSteps(id, [], signal),
    select: asSteps,
    staleTime: 2000,
  });

/** Steps of a run: all, or only those of some paths. */
export function fetchSteps(id: string, paths: readonly string[], signal?: AbortSignal): Promise<StepState[]> {
  return data(
    api().GET('/pipelines/runs/{run_id}/steps', {
      params: { path: { run_id: id }, query: { path: [...paths] } },
      ...(signal ? { signal } : {}),
    }),
  );
}

/** Everything about a step; asked again when its state is another. */
export const stepDetail = (id: string, step: Pick<Step, 'path' | 'state' | 'attempt'>) =>
  queryOptions({
    queryKey: ['pipeline-step', id, step.path, step.state, step.attempt],
    queryFn: ({ signal }) =>
      data(
        api().GET('/pipelines/runs/{run_id}/step', {
          params: { path: { run_id: id }, query: { path: step.path } },
          signal,
        }),
      ),
    placeholderData: (old) => (old?.state.path === step.path ? old : undefined),
    staleTime: isOver(step.state) ? Infinity : 5000,
  });

/** What the key of each step is made of. */
export const stepParts = (id: string) =>
  queryOptions({
    queryKey: ['pipeline-parts', id],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/runs/{run_id}/parts', { params: { path: { run_id: id } }, signal })),
  });

/** What the jobs of a pipeline have cost so far; asked again when it stands otherwise. */
export const pipelineCost = (id: string, state: Run['state']) =>
  queryOptions({
    queryKey: ['pipeline-cost', id, state],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/runs/{run_id}/cost', { params: { path: { run_id: id } }, signal })),
    placeholderData: (old) => old,
  });

/** What the job of a step has cost on a compute with a price. */
export const stepCost = (runId: string) =>
  queryOptions({
    queryKey: ['compute', 'cost', runId],
    queryFn: ({ signal }) =>
      data(api().GET('/compute/costs/{run_id}', { params: { path: { run_id: runId } }, signal })),
  });

export const outputFiles = (id: string, path: string, output: string, folder: string) =>
  queryOptions({
    queryKey: ['pipeline-files', id, path, output, folder],
    queryFn: ({ signal }) =>
      data(
        api().GET('/pipelines/runs/{run_id}/step/files', {
          params: { path: { run_id: id }, query: { path, output, folder } },
          signal,
        }),
      ),
    staleTime: Infinity,
  });

export const pipelineSpec = (id: string) =>
  queryOptions({
    queryKey: ['pipeline-spec', id],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/runs/{run_id}/spec', { params: { path: { run_id: id } }, signal })),
    staleTime: Infinity,
  });

export type PipelineSpec = Schemas['PipelineSpec-Output'];

export const cancelPipeline = (id: string) =>
  data(api().POST('/pipelines/runs/{run_id}/cancel', { params: { path: { run_id: id } } }));

export const rerunPipeline = (id: string, how: { from_failed?: boolean; force_rerun?: boolean }) =>
  data(
    api().POST('/pipelines/runs/{run_id}/rerun', {
      params: { path: { run_id: id } },
      body: {
        from_failed: how.from_failed ?? false,
        name: '',
        values: {},
        ...(how.force_rerun ? { force_rerun: true } : {}),
      },
    }),
  );

export const componentList = (filter: { name?: string | undefined; archived?: boolean | undefined }) =>
  pages<Component>(
    ['pipelines', 'components', filter.name ?? '', filter.archived ?? false],
    (cursor, signal) =>
      data(
        api().GET('/pipelines/components', {
          params: {
            query: {
              limit: 100,
              ...(cursor ? { cursor } : {}),
              ...(filter.name ? { name: filter.name } : {}),
              archived: filter.archived ?? false,
            },
          },
          signal,
        }),
      ),
  );

export const component = (name: string, version: string) =>
  queryOptions({
    queryKey: ['pipelines', 'component', name, version],
    queryFn: ({ signal }) =>
      data(
        api().GET('/pipelines/components/{name}', {
          params: { path: { name }, query: { version } },
          signal,
        }),
      ),
  });

export const componentVersions = (name: string) =>
  queryOptions({
    queryKey: ['pipelines', 'component-versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/pipelines/components/{name}/versions', { params: { path: { name } }, signal })),
  });
