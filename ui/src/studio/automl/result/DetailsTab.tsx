import { SimpleGrid, Stack } from '@mantine/core';
import { count, duration, metric } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Link } from '@/kit/Link';
import { Section } from '@/kit/Page';
import { metricName, type AutoMLRun } from '../documents';
import { snippets } from '../snippets';
import { ExportVerdict } from './ExportVerdict';

/** What was asked, all metrics, the export's verdict, and the same run in code. */
export function DetailsTab({ run }: { run: AutoMLRun }) {
  const { summary, spec } = run;
  const metrics = Object.entries(summary?.metrics ?? {});
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <Stack gap="xl">
        <Section title="Asked">
          <KeyValue
            items={[
              [
                'Run',
                <Link key="run" href={at(['experiments', 'runs', run.run.id])}>
                  {run.run.experiment}
                </Link>,
              ],
              ['Id', <Id key="id" value={run.run.id} />],
              ['Learned from', run.dataset],
              ['Target', spec.target],
              ['Task', summary?.task ?? spec.task],
              ['Metric', metricName(summary?.metric ?? spec.metric ?? '')],
              ['Time limit', spec.max_trials || spec.time_limit == null ? null : duration(spec.time_limit)],
              ['Models at most', spec.max_trials ? count(spec.max_trials) : null],
              ['Seed', String(spec.seed ?? 0)],
              ['Cores', summary ? count(summary.cores) : null],
              ['Left out', (spec.drop ?? []).join(', ')],
              ['Only learners', (spec.allowed ?? []).join(', ')],
            ]}
          />
        </Section>
        {summary ? <ExportVerdict verdict={summary.export} /> : null}
        {run.pipeline_id ? null : (
          <Section title="The same in code">
            <CodeSnippet code={snippets(spec)} />
          </Section>
        )}
      </Stack>
      {summary ? (
        <Section title="All metrics of the ensemble">
          <KeyValue items={metrics.map(([name, value]) => [metricName(name), metric(value, 5)] as const)} />
          {Object.keys(summary.test_metrics ?? {}).length > 0 ? (
            <>
              <h3>On the test table</h3>
              <KeyValue
                items={Object.entries(summary.test_metrics ?? {}).map(
                  ([name, value]) => [metricName(name), metric(value, 5)] as const,
                )}
              />
            </>
          ) : null}
          <KeyValue
            items={[
              ['Features', count(summary.features)],
              ['Decision threshold', summary.threshold == null ? null : metric(summary.threshold)],
              ['Models served', summary.form === 'refit' ? 'fitted again on all rows' : 'those of the folds'],
              ['Because', summary.form_reason],
              ['Took', duration(summary.seconds)],
            ]}
          />
        </Section>
      ) : null}
    </SimpleGrid>
  );
}
