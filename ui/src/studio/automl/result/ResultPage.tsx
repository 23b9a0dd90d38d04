import { Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Problem } from '@/kernel/problem';
import { at } from '@/kernel/workspace';
import { ErrorState } from '@/kit/ErrorState';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page } from '@/kit/Page';
import { ProgressBar } from '@/kit/ProgressBar';
import { isOver } from '@/kit/status';
import type { AutoMLRun } from '../documents';
import { run as one } from '../queries';
import { TABS } from '../routes';
import { DataTab } from './DataTab';
import { DetailsTab } from './DetailsTab';
import { ImportanceTab } from './ImportanceTab';
import { ModelsTab } from './ModelsTab';
import { Outcome } from './Outcome';
import { ResultHeader } from './ResultHeader';

const NAMES: Record<(typeof TABS)[number], string> = {
  models: 'Models',
  data: 'Data',
  importance: 'Importance',
  details: 'Details',
};

/** An AutoML run while it works and afterwards: progress, leaderboard, charts, checks, what to do with the model. */
export function ResultPage() {
  const { runId } = useParams({ from: '/w/$ws/automl/$runId' });
  const search = useSearch({ from: '/w/$ws/automl/$runId' });
  const navigate = useNavigate({ from: '/w/$ws/automl/$runId' });
  const found = useQuery(one(runId, (state) => !isOver(state)));
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const title = found.data?.run.name ?? 'AutoML run';
  return (
    <Page title={title} header={<ResultHeader run={found.data} id={runId} />}>
      <Answer query={found}>
        {(data) => {
          const running = !isOver(data.run.state);
          return (
            <Stack gap="lg">
              <State run={data} running={running} />
              <Outcome run={data} />
              <Tabs
                value={search.tab ?? 'models'}
                onChange={(tab) => set({ tab: TABS.find((known) => known === tab && known !== 'models') })}
              >
                <Tabs.List mb="md">
                  {TABS.map((tab) => (
                    <Tabs.Tab key={tab} value={tab}>
                      {NAMES[tab]}
                    </Tabs.Tab>
                  ))}
                </Tabs.List>
                <Tabs.Panel value="models">
                  <ModelsTab
                    id={runId}
                    running={running}
                    chosen={search.model}
                    onChoose={(model) => set({ model })}
                    sort={search.sort}
                    onSort={(sort) => set({ sort })}
                  />
                </Tabs.Panel>
                <Tabs.Panel value="data">
                  <DataTab id={runId} running={running} />
                </Tabs.Panel>
                <Tabs.Panel value="importance">
                  <ImportanceTab id={runId} running={running} />
                </Tabs.Panel>
                <Tabs.Panel value="details">
                  <DetailsTab run={data} />
                </Tabs.Panel>
              </Tabs>
            </Stack>
          );
        }}
      </Answer>
    </Page>
  );
}

function State({ run: { run, model_error: modelError }, running }: { run: AutoMLRun; running: boolean }) {
  if (running) {
    return (
      <ProgressBar
        name="Training"
        done={run.progress?.done ?? 0}
        total={run.progress?.total}
        label={run.progress?.label || run.state}
        startedAt={run.started_at ?? run.created_at}
        unit={(value) => String(Math.round(value))}
      />
    );
  }
  if (run.state === 'Failed' || run.state === 'Lost') {
    return (
      <>
        <ErrorState
          inline
          error={
            new Problem(
              {
                code: run.failure ? `run.${run.failure}` : 'run.failed',
                title: 'The run failed',
                detail: run.error ?? `It ended with code ${run.exit_code ?? '?'}.`,
                hint: 'The log has the lines before the end.',
              },
              500,
            )
          }
        />
        <Link href={at(['experiments', 'runs', run.id], { tab: 'log' })}>Open the log</Link>
      </>
    );
  }
  if (modelError) return <Note tone="warning" title="The model was not registered">{` ${modelError}`}</Note>;
  return null;
}
