import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { usePageActions } from '@/kit/actions';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { ArtifactsTab } from './ArtifactsTab';
import { ChildrenTab } from './ChildrenTab';
import { DocumentsTab } from './DocumentsTab';
import { LogTab } from './LogTab';
import { MetricsTab } from './MetricsTab';
import { OverviewTab } from './OverviewTab';
import { run as runQuery, type Run } from './queries';
import { RunHeader } from './RunHeader';
import { readRunSearch, RUN_TABS, type RunSearch, type RunTab } from './search';

const LABELS: Record<RunTab, string> = {
  overview: 'Overview',
  metrics: 'Metrics',
  children: 'Child runs',
  log: 'Log',
  artifacts: 'Artifacts',
  documents: 'Documents',
};

export function RunPage() {
  const { runId = '' } = useParams({ strict: false }) as { runId?: string };
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search = useMemo(() => readRunSearch(raw), [raw]);
  const query = useQuery(runQuery(runId));
  const navigate = useNavigate();
  const change = useCallback(
    (next: RunSearch, replace = true) =>
      void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace }),
    [navigate],
  );
  const open = useCallback(
    (tab: RunTab) =>
      void navigate({ to: '.', search: { tab: tab === 'overview' ? undefined : tab } as never }),
    [navigate],
  );
  usePageActions(
    useMemo(
      () =>
        RUN_TABS.map((tab, index) => ({
          id: `run-${tab}`,
          label: `Show ${LABELS[tab].toLowerCase()}`,
          key: String(index + 1),
          run: () => open(tab),
        })),
      [open],
    ),
  );
  const name = query.data?.name ?? 'Run';
  return (
    <Page title={name} header={query.data ? <RunHeader run={query.data} /> : <PageHeader title="Run" />}>
      <Answer query={query}>
        {(run) => (
          <Tabs value={search.tab ?? 'overview'} onChange={(tab) => open((tab ?? 'overview') as RunTab)}>
            <Tabs.List mb="lg" aria-label="Parts of the run">
              {RUN_TABS.map((tab) => (
                <Tabs.Tab key={tab} value={tab}>
                  {LABELS[tab]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {RUN_TABS.map((tab) => (
              <Tabs.Panel key={tab} value={tab}>
                <Part tab={tab} run={run} search={search} change={change} open={open} />
              </Tabs.Panel>
            ))}
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

interface PartProps {
  tab: RunTab;
  run: Run;
  search: RunSearch;
  change: (next: RunSearch, replace?: boolean) => void;
  open: (tab: RunTab) => void;
}

function Part({ tab, run, search, change, open }: PartProps) {
  switch (tab) {
    case 'children':
      return <ChildrenTab run={run} sort={search.sort} onSort={(sort) => change({ sort })} />;
    case 'metrics':
      return <MetricsTab run={run} search={search} change={change} />;
    case 'artifacts':
      return <ArtifactsTab run={run} path={search.path} onPath={(path) => change({ path }, false)} />;
    case 'log':
      return <LogTab run={run} query={search.q} onQuery={(q) => change({ q })} />;
    case 'documents':
      return <DocumentsTab run={run} path={search.path} onPath={(path) => change({ path }, false)} />;
    default:
      return <OverviewTab run={run} onLog={() => open('log')} />;
  }
}
