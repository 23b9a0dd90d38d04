import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { duration, moment } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Lineage } from '@/kit/lineage/Lineage';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { Failure } from './Failure';
import { MetricTable } from './MetricTable';
import { runLineage, runOverview, runSpec, type Run, type RunOverview } from './queries';
import classes from './experiments.module.css';

interface Props {
  run: Run;
  onLog: () => void;
}

export function OverviewTab({ run, onLog }: Props) {
  const query = useQuery(runOverview(run));
  return (
    <div className={classes.stack}>
      <Failure run={run} onLog={onLog} />
      <Answer query={query}>
        {(overview) => (
          <>
            <div className={classes.columns}>
              <Section title="Metrics">
                <MetricTable metrics={overview.metrics} />
              </Section>
              <Section title="Parameters">
                <Pairs of={overview.params} label="Parameters" none="No parameters were logged." />
              </Section>
            </div>
            <div className={classes.columns}>
              <Section title="Job">
                <JobFacts run={run} />
              </Section>
              <Section title="Inputs and outputs">
                <InAndOut overview={overview} />
              </Section>
              <Section title="Tags">
                <Pairs of={shownTags(overview.tags)} label="Tags" none="No tags." />
              </Section>
            </div>
          </>
        )}
      </Answer>
      <Section title="Lineage">
        <LineagePart run={run} />
      </Section>
    </div>
  );
}

/** Tags that the client writes for itself repeat what the header says. */
export function shownTags(tags: Record<string, string>): Record<string, string> {
  const hidden = new Set(['mlflow.runName', 'mlflow.user', 'mlflow.parentRunId', 'mlflow.log-model.history']);
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !hidden.has(key)));
}

function Pairs({ of, label, none }: { of: Record<string, string>; label: string; none: string }) {
  const entries = Object.entries(of);
  if (entries.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    );
  return (
    <Table aria-label={label} className={classes.pairs ?? ''}>
      <Table.Tbody>
        {entries.map(([key, value]) => (
          <Table.Tr key={key}>
            <Table.Th scope="row">{key}</Table.Th>
            <Table.Td>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function JobFacts({ run }: { run: Run }) {
  const spec = useQuery(runSpec(run.id));
  return (
    <>
      <KeyValue
        items={[
          ['Created', moment(run.created_at)],
          ['Started', run.started_at ? moment(run.started_at) : null],
          ['Ended', run.ended_at ? moment(run.ended_at) : null],
          [
            'Compute',
            run.compute ? <Link href={at(['compute'])}>{run.compute}</Link> : 'a client of the studio',
          ],
          ['Attempt', run.attempt > 1 ? String(run.attempt) : null],
          ['Exit code', run.exit_code == null ? null : String(run.exit_code)],
          ['Time limit', spec.data?.timeout_s ? duration(spec.data.timeout_s) : null],
          ['Cores', spec.data ? String(spec.data.resources?.cores ?? 1) : null],
        ]}
      />
      {spec.data?.command ? <CodeSnippet label="Command" code={spec.data.command.join(' ')} /> : null}
    </>
  );
}

function InAndOut({ overview }: { overview: RunOverview }) {
  const { inputs, models } = overview;
  if (inputs.length + models.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No datasets or models were logged.
      </Text>
    );
  return (
    <KeyValue
      items={[
        ...inputs.map(
          (input) =>
            [
              input.context ? `Dataset (${input.context})` : 'Dataset',
              `${input.name} · ${input.source_type} · ${input.digest}`,
            ] as const,
        ),
        ...models.map(
          (model) =>
            [
              'Model',
              `${model.name}${model.model_type ? ` · ${model.model_type}` : ''} · ${model.status.toLowerCase()}`,
            ] as const,
        ),
      ]}
    />
  );
}

function LineagePart({ run }: { run: Run }) {
  const query = useQuery(runLineage(run.id));
  return (
    <Answer query={query} rows={2} inline>
      {(edges) => <Lineage edges={edges} focus={`run:${run.id}`} />}
    </Answer>
  );
}
