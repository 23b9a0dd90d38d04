import { Group, Select, Tabs } from '@mantine/core';
import { useCallback } from 'react';
import { count } from '@/kernel/format';
import { Link } from '@/kit/Link';
import { usePageActions } from '@/kit/actions';
import { Answer, Loading, Page, PageHeader } from '@/kit/Page';
import { ArtifactsTab } from './ArtifactsTab';
import { Choose } from './Choose';
import { CodeTab } from './CodeTab';
import { CurvesTab } from './CurvesTab';
import { listHref } from './link';
import { ParallelTab } from './ParallelTab';
import { AddRuns } from './RunPicker';
import { ScatterTab } from './ScatterTab';
import { tail, TABS, type CompareTab } from './search';
import { TableTab } from './TableTab';
import { Told } from './Told';
import { useComparison, useView, type View } from './useComparison';
import { useTabKeys } from './useTabKeys';

const LABELS: Record<CompareTab, string> = {
  table: 'Table',
  curves: 'Curves',
  parallel: 'Parallel coordinates',
  scatter: 'Scatter',
  code: 'Code and environment',
  artifacts: 'Artifacts',
};

/** Up to two hundred runs beside each other; the address holds all of it. */
export function ComparePage() {
  const state = useComparison();
  const { ids, wanted, query, search, setRuns, change } = state;
  const view = useView(state);
  const open = useCallback(
    (tab: CompareTab) => change({ tab: tab === 'table' ? undefined : tab }, false),
    [change],
  );
  usePageActions(useTabKeys(LABELS, open));
  const title =
    ids.length > 0 ? `Compare ${count(ids.length)} ${ids.length === 1 ? 'run' : 'runs'}` : 'Compare runs';
  const header = (
    <PageHeader
      title={title}
      actions={
        ids.length > 0 ? (
          <Group gap="sm">
            {view ? <Baseline view={view} /> : null}
            <AddRuns chosen={ids} onChange={setRuns} />
            {view ? (
              <Link href={listHref(view.shown.map((index) => view.runs[index]?.id ?? ''))}>
                Open in the list
              </Link>
            ) : null}
          </Group>
        ) : null
      }
    />
  );
  return (
    <Page title={title} header={header}>
      {!wanted ? (
        <Choose onChosen={setRuns} />
      ) : (
        <Answer query={query}>
          {() =>
            view ? (
              <>
                <Told view={view} state={state} />
                {view.runs.length === 0 ? null : (
                  <Tabs
                    value={search.tab ?? 'table'}
                    onChange={(tab) => open((tab ?? 'table') as CompareTab)}
                  >
                    <Tabs.List mb="md" aria-label="Ways to compare">
                      {TABS.map((tab) => (
                        <Tabs.Tab key={tab} value={tab}>
                          {LABELS[tab]}
                        </Tabs.Tab>
                      ))}
                    </Tabs.List>
                    {TABS.map((tab) => (
                      <Tabs.Panel key={tab} value={tab}>
                        <Part tab={tab} view={view} />
                      </Tabs.Panel>
                    ))}
                  </Tabs>
                )}
              </>
            ) : (
              <Loading />
            )
          }
        </Answer>
      )}
    </Page>
  );
}

function Part({ tab, view }: { tab: CompareTab; view: View }) {
  switch (tab) {
    case 'curves':
      return <CurvesTab view={view} />;
    case 'parallel':
      return <ParallelTab view={view} />;
    case 'scatter':
      return <ScatterTab view={view} />;
    case 'code':
      return <CodeTab view={view} />;
    case 'artifacts':
      return <ArtifactsTab view={view} />;
    default:
      return <TableTab view={view} />;
  }
}

function Baseline({ view }: { view: View }) {
  const { runs, base, change } = view;
  return (
    <Select
      aria-label="Baseline"
      placeholder="No baseline"
      w={220}
      searchable
      clearable
      limit={200}
      data={runs.map((run) => ({ value: tail(run.id), label: run.name || run.id.slice(-8) }))}
      value={base === null ? null : tail(runs[base]?.id ?? '')}
      onChange={(value) => change({ base: value ?? undefined })}
    />
  );
}
