import { Badge, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useMemo } from 'react';
import { usePageActions } from '@/kit/actions';
import { Answer, Loading, Page, PageHeader } from '@/kit/Page';
import { DocumentsTab } from './DocumentsTab';
import { run as runQuery, runOverview, type Run } from './queries';
import { OverviewTab } from './run/OverviewTab';
import { readRunSearch, RUN_TABS, type RunSearch, type RunTab } from './run/search';
import { RunHeader } from './RunHeader';

const MetricsTab = lazy(() => import('./run/MetricsTab').then((m) => ({ default: m.MetricsTab })));
const GalleryTab = lazy(() => import('./run/GalleryTab').then((m) => ({ default: m.GalleryTab })));
const ChildrenTab = lazy(() => import('./run/ChildrenTab').then((m) => ({ default: m.ChildrenTab })));
const CodeTab = lazy(() => import('./run/CodeTab').then((m) => ({ default: m.CodeTab })));
const LogTab = lazy(() => import('./run/LogTab').then((m) => ({ default: m.LogTab })));
const TracesTab = lazy(() => import('./traces/TracesTab').then((m) => ({ default: m.TracesTab })));
const ArtifactsTab = lazy(() => import('./run/ArtifactsTab').then((m) => ({ default: m.ArtifactsTab })));

const LABELS: Record<RunTab, string> = {
  overview: 'Overview',
  metrics: 'Metrics',
  gallery: 'Gallery',
  children: 'Child runs',
  code: 'Code',
  log: 'Log',
  artifacts: 'Artifacts',
  system: 'System',
  documents: 'Documents',
  traces: 'Traces',
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
          ...(index < 9 ? { key: String(index + 1) } : {}),
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
                <Tabs.Tab key={tab} value={tab} rightSection={<Count run={run} tab={tab} />}>
                  {LABELS[tab]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            {RUN_TABS.map((tab) => (
              <Tabs.Panel key={tab} value={tab}>
                <Suspense fallback={<Loading />}>
                  <Part tab={tab} run={run} search={search} change={change} />
                </Suspense>
              </Tabs.Panel>
            ))}
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

/** How many there are, where that helps to decide whether to look. */
function Count({ run, tab }: { run: Run; tab: RunTab }) {
  const { data } = useQuery(runOverview(run));
  const system = data?.metrics.filter((it) => it.key.startsWith('system/')).length ?? 0;
  const counts: Partial<Record<RunTab, number>> = {
    metrics: (data?.metrics.length ?? 0) - system,
    children: data?.children ?? 0,
    system,
  };
  const number = counts[tab] ?? 0;
  return number > 0 ? (
    <Badge size="xs" variant="default">
      {number}
    </Badge>
  ) : null;
}

interface PartProps {
  tab: RunTab;
  run: Run;
  search: RunSearch;
  change: (next: RunSearch, replace?: boolean) => void;
}

function Part({ tab, ...props }: PartProps) {
  const { run, search, change } = props;
  switch (tab) {
    case 'metrics':
      return <MetricsTab {...props} />;
    case 'system':
      return <MetricsTab {...props} system />;
    case 'gallery':
      return <GalleryTab {...props} />;
    case 'children':
      return <ChildrenTab {...props} />;
    case 'code':
      return <CodeTab {...props} />;
    case 'artifacts':
      return <ArtifactsTab {...props} />;
    case 'log':
      return <LogTab {...props} />;
    case 'traces':
      return <TracesTab runId={run.id} search={search} change={change} />;
    case 'documents':
      return <DocumentsTab run={run} path={search.path} onPath={(path) => change({ path }, false)} />;
    default:
      return <OverviewTab run={run} change={change} />;
  }
}
