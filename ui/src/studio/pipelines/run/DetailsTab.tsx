import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, counted, moment } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { IconX } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Link } from '@/kit/Link';
import { Section } from '@/kit/Page';
import { InterfaceTable } from '../components/InterfaceTable';
import { pipelineCost, type Counts, type PipelineDetail, type Run } from '../queries';
import { WideTable } from '../WideTable';
import { computeName, countsOf, givenText } from '../words';
import classes from './run.module.css';

/** What was submitted and what came of it: inputs, outputs, settings. */
export function DetailsTab({ detail, run, counts }: { detail: PipelineDetail; run: Run; counts: Counts }) {
  const { graph, settings, values, tags = {} } = detail;
  const outputs = Object.entries(detail.outputs ?? {});
  const spent = useQuery(pipelineCost(run.id, run.state));
  return (
    <div className={classes.stack}>
      {run.error ? (
        <section className={classes.failure} aria-label="Why it failed">
          <IconX size={18} aria-hidden />
          <p>{run.error}</p>
        </section>
      ) : null}
      <div className={classes.columns}>
        <Section title="Run">
          <KeyValue
            items={[
              ['Submitted by', run.user],
              ['Submitted', moment(run.created_at)],
              ['Started', run.started_at ? moment(run.started_at) : null],
              ['Ended', run.ended_at ? moment(run.ended_at) : null],
              ['Steps', countsOf(counts)],
              ['Priority', String(run.priority)],
              ['Cost', spent.data?.cost ? spent.data.cost.toFixed(4) : null],
              [
                'Goes on from',
                detail.rerun_of ? (
                  <Link href={at(['pipelines', detail.rerun_of])}>an earlier run</Link>
                ) : null,
              ],
            ]}
          />
        </Section>
        <Section title="Settings">
          <KeyValue
            items={[
              [
                'Compute',
                settings.default_compute ? (
                  <Link href={at(['compute', computeName(settings.default_compute)])}>
                    {computeName(settings.default_compute)}
                  </Link>
                ) : (
                  'that of each step'
                ),
              ],
              [
                'When a step fails',
                settings.continue_on_step_failure
                  ? 'steps that do not need it still start'
                  : 'no further step starts',
              ],
              [
                'Earlier results',
                settings.force_rerun ? 'are not taken: every step runs' : 'are taken where nothing changed',
              ],
            ]}
          />
        </Section>
        <Section title="Tags">
          {Object.keys(tags).length > 0 ? (
            <KeyValue items={Object.entries(tags)} />
          ) : (
            <Text size="sm" c="dimmed">
              No tags.
            </Text>
          )}
        </Section>
      </div>
      <Section title="Inputs">
        <InterfaceTable
          label="Inputs of the pipeline"
          ports={graph.inputs ?? {}}
          values={Object.fromEntries(Object.entries(values).map(([name, given]) => [name, givenText(given)]))}
        />
      </Section>
      <Section title="Outputs">
        {outputs.length === 0 ? (
          <Text size="sm" c="dimmed">
            {Object.keys(graph.outputs ?? {}).length > 0
              ? 'They are there when the steps that make them have completed.'
              : 'The pipeline has none of its own; those of its steps are with them.'}
          </Text>
        ) : (
          <WideTable label="Outputs of the pipeline">
            {outputs.map(([name, content]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td>{content.type}</Table.Td>
                <Table.Td>
                  {content.value ?? `${counted(content.files, 'file')}, ${bytes(content.bytes)}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </WideTable>
        )}
      </Section>
    </div>
  );
}
