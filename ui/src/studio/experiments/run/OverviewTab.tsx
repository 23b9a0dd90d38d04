import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { between, bytes, duration, moment } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Lineage } from '@/kit/lineage/Lineage';
import { Link } from '@/kit/Link';
import { whyQueued } from '@/kit/waits';
import { Answer, Section } from '@/kit/Page';
import { isOver } from '@/kit/status';
import { Failure } from '../Failure';
import { runCost, runLineage, runOverview, runSpec, type Run } from '../queries';
import type { RunSearch } from './search';
import { Attempts } from './Attempts';
import { Description } from './Description';
import { SYSTEM } from './metricGroups';
import { InputsOutputs } from './InputsOutputs';
import { Metrics, Pairs } from './Pairs';
import { PythonSnippet } from './PythonSnippet';
import { sourceFacts } from './source';
import { TagEditor } from './TagEditor';
import { NOTE } from './tags';
import classes from './overview.module.css';

interface Props {
  run: Run;
  change: (next: RunSearch, replace?: boolean) => void;
}

export function OverviewTab({ run, change }: Props) {
  const query = useQuery(runOverview(run));
  const lineage = useQuery(runLineage(run.id));
  return (
    <div className={classes.page}>
      <Failure run={run} onLog={() => change({ tab: 'log' }, false)} />
      <Answer query={query}>
        {(overview) => (
          <>
            <Description run={run} text={overview.tags[NOTE] ?? ''} />
            <div className={classes.columns}>
              <Section title="Metrics">
                <Metrics metrics={overview.metrics.filter((it) => !it.key.startsWith(SYSTEM))} />
              </Section>
              <Section title="Parameters">
                <Pairs of={overview.params} label="Parameters" none="No parameters were logged." />
              </Section>
            </div>
            <div className={classes.columns}>
              <Section title={run.compute ? 'Job' : 'Run'}>
                <Facts run={run} tags={overview.tags} />
              </Section>
              <Section title="Inputs and outputs">
                <InputsOutputs run={run} overview={overview} edges={lineage.data ?? []} />
              </Section>
              <Section title="Tags">
                <TagEditor run={run} tags={overview.tags} />
              </Section>
            </div>
            {run.attempt > 0 ? <Attempts run={run} /> : null}
            <Section title="Lineage">
              <Answer query={lineage} rows={2} inline>
                {(edges) => <Lineage edges={edges} focus={`run:${run.id}`} />}
              </Answer>
            </Section>
            <PythonSnippet run={run} overview={overview} />
          </>
        )}
      </Answer>
    </div>
  );
}

function Facts({ run, tags }: { run: Run; tags: Readonly<Record<string, string>> }) {
  const spec = useQuery(runSpec(run.id));
  const spent = useQuery({ ...runCost(run.id), enabled: Boolean(run.compute) && run.compute !== 'local' });
  const source = new Map(sourceFacts(tags));
  const commit = source.get('Commit');
  const branch = source.get('Branch');
  const resources = spec.data?.resources;
  return (
    <>
      <KeyValue
        items={[
          ['Started by', run.user || tags['mlflow.user']],
          ['Created', moment(run.created_at)],
          ['Started', run.started_at ? moment(run.started_at) : null],
          ['Ended', run.ended_at ? moment(run.ended_at) : null],
          ['Duration', isOver(run.state) ? duration(between(run.started_at, run.ended_at)) : null],
          [
            'Compute',
            run.compute ? (
              <Link href={at(run.compute === 'local' ? ['compute'] : ['compute', run.compute])}>
                {run.compute}
              </Link>
            ) : (
              'a client of the studio'
            ),
          ],
          ['Why it waits', run.waits_for ? whyQueued(run.waits_for) : null],
          ['Contact', run.not_responding],
          ['Cost', spent.data?.cost ? spent.data.cost.toFixed(4) : null],
          ['Source', source.get('Source')],
          [
            'Commit',
            commit ? (
              <>
                <Link
                  href={at(['experiments', 'runs', run.id], { tab: 'code' })}
                  title={String(commit)}
                  aria-label={`Code of commit ${String(commit).slice(0, 10)}`}
                >
                  <code>{String(commit).slice(0, 10)}</code>
                </Link>{' '}
                {branch ? `on ${String(branch)}` : ''}
                {source.get('Changes') === 'not all committed' ? ', with changes' : ''}
              </>
            ) : null,
          ],
          ['Exit code', run.exit_code == null ? null : String(run.exit_code)],
          ['Time limit', spec.data?.timeout_s ? duration(spec.data.timeout_s) : null],
          ['Cores', spec.data ? String(resources?.cores ?? 1) : null],
          ['Memory limit', resources?.memory_bytes ? bytes(resources.memory_bytes) : null],
        ]}
      />
      {spec.data?.command ? <CodeSnippet label="Command" code={spec.data.command.join(' ')} /> : null}
      {spec.data && (spec.data.code?.length ?? 0) > 0 ? (
        <Text size="sm">
          <Link href={at(['experiments', 'runs', run.id], { tab: 'code' })}>
            {spec.data.code?.length === 1 ? 'One file' : `${spec.data.code?.length} files`} of code
          </Link>
        </Text>
      ) : null}
    </>
  );
}
