import { Badge, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { later } from '@/kernel/later';
import { usePageActions } from '@/kit/actions';
import { Arriving } from '@/kit/Arriving';
import { Answer, Loading, Page, PageHeader } from '@/kit/Page';
import { DocumentsTab } from './DocumentsTab';
import { run as runQuery, runOverview, type Run } from './queries';
import { OverviewTab } from './run/OverviewTab';
import { readRunSearch, RUN_TABS, type RunSearch, type RunTab } from './run/search';
import { RunHeader } from './RunHeader';

const MetricsTab = later(() => import('./run/MetricsTab'), 'MetricsTab');
const GalleryTab = later(() => import('./run/GalleryTab'), 'GalleryTab');
const ChildrenTab = later(() => import('./run/ChildrenTab'), 'ChildrenTab');
const CodeTab = later(() => import('./run/CodeTab'), 'CodeTab');
const RunLog = later(() => import('@/kit/log/RunLog'), 'RunLog');
const TracesTab = later(() => import('./traces/TracesTab'), 'TracesTab');
const ArtifactsTab = later(() => import('./run/ArtifactsTab'), 'ArtifactsTab');

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
                <Arriving fallback={<Loading />}>
                  <Part tab={tab} run={run} search={search} change={change} />
                </Arriving>
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
      return <RunLog {...props} />;
    case 'traces':
      return <TracesTab runId={run.id} search={search} change={change} />;
    case 'documents':
      return <DocumentsTab run={run} path={search.path} onPath={(path) => change({ path }, false)} />;
    default:
      return <OverviewTab run={run} change={change} />;
  }
}
