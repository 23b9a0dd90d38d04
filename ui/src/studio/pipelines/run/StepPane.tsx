import { ActionIcon, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { later } from '@/kernel/later';
import { Arriving } from '@/kit/Arriving';
import { IconX } from '@/kit/icons';
import { Answer, Loading } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { stepDetail, type Step } from '../queries';
import { PANE_TABS, type Change, type PaneTab, type PipelineSearch } from '../search';
import { titleOf } from '../words';
import { ReuseView } from './ReuseView';
import { StepData } from './StepData';
import { StepOverview } from './StepOverview';
import classes from './run.module.css';

const StepLog = later(() => import('./StepLog'), 'StepLog');

const LABELS: Record<PaneTab, string> = {
  overview: 'Overview',
  reuse: 'Reuse',
  data: 'Inputs and outputs',
  log: 'Log',
};

interface Props {
  runId: string;
  step: Step;
  search: PipelineSearch;
  change: Change;
  onSelect: (id: string | undefined) => void;
}

/** One step: how it stands, why it was reused or not, what went in and came out, its log. */
export function StepPane({ runId, step, search, change, onSelect }: Props) {
  const query = useQuery(stepDetail(runId, step));
  const part = search.part ?? 'overview';
  return (
    <aside
      className={classes.pane}
      aria-label={`Step ${titleOf(step)}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onSelect(undefined);
      }}
    >
      <div className={classes.paneHead}>
        <h2 title={step.path}>{titleOf(step)}</h2>
        <StatusBadge state={step.state} />
        <ActionIcon aria-label="Close the step" onClick={() => onSelect(undefined)}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      </div>
      <Tabs
        value={part}
        onChange={(next) =>
          change({
            part: next === 'overview' ? undefined : (next as PaneTab),
            line: undefined,
            find: undefined,
          })
        }
        className={classes.paneTabs ?? ''}
      >
        <Tabs.List aria-label="Parts of the step">
          {PANE_TABS.map((tab) => (
            <Tabs.Tab key={tab} value={tab}>
              {LABELS[tab]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview" className={classes.paneBody ?? ''}>
          <StepOverview step={step} detail={query.data} change={change} onSelect={onSelect} />
        </Tabs.Panel>
        <Tabs.Panel value="reuse" className={classes.paneBody ?? ''}>
          <Answer query={query} rows={5} inline>
            {(detail) => <ReuseView detail={detail} />}
          </Answer>
        </Tabs.Panel>
        <Tabs.Panel value="data" className={classes.paneBody ?? ''}>
          <Answer query={query} rows={5} inline>
            {(detail) => (
              <StepData
                runId={runId}
                step={step}
                detail={detail}
                search={search}
                change={change}
                onSelect={onSelect}
              />
            )}
          </Answer>
        </Tabs.Panel>
        <Tabs.Panel value="log" className={classes.paneBody ?? ''}>
          <Arriving fallback={<Loading rows={6} />}>
            <StepLog step={step} search={search} change={change} />
          </Arriving>
        </Tabs.Panel>
      </Tabs>
    </aside>
  );
}
