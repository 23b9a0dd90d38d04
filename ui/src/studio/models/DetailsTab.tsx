import { Select, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { bytes, metric } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { KeyValue } from '@/kit/KeyValue';
import { Lineage } from '@/kit/lineage/Lineage';
import { Link } from '@/kit/Link';
import { LongText } from '@/kit/LongText';
import { Answer, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { Aliases } from './Aliases';
import { Card } from './Card';
import { ExamplePart } from './Example';
import { changeVersion, endpointsOf, lineage, runLabel, runMetrics, type ModelVersion } from './queries';
import { SignatureTable } from './SignatureTable';
import { Tags } from './Tags';
import classes from './models.module.css';
import { VerdictBadge } from './VerdictBadge';

export function DetailsTab({ version: it }: { version: ModelVersion }) {
  const edges = useQuery(lineage(it));
  return (
    <div className={classes.stack}>
      <Card
        key={`${it.name}:${it.version}`}
        of={`version ${it.version}`}
        text={it.description ?? ''}
        save={(text) => changeVersion(it, { description: text, tags: {} })}
      />
      <div className={classes.columns}>
        <Section title="About">
          <About version={it} />
        </Section>
        <Section title="Metrics and parameters of its run">
          {it.run_id ? (
            <Recorded runId={it.run_id} />
          ) : (
            <Text size="sm" c="dimmed">
              It was registered without a run.
            </Text>
          )}
        </Section>
      </div>
      <div className={classes.columns}>
        <Section title="Aliases">
          <Aliases version={it} />
        </Section>
        <Section title="Tags">
          <Tags tags={it.tags ?? {}} save={(tags) => changeVersion(it, { tags })} />
        </Section>
      </div>
      <Section title="Signature">
        <SignatureTable signature={it.signature ?? null} />
      </Section>
      <ExamplePart version={it} />
      <Section title="Lineage">
        <Answer query={edges} rows={2} inline>
          {(found) => <Lineage edges={found} focus={`model:${it.name}:${it.version}`} />}
        </Answer>
      </Section>
    </div>
  );
}

function About({ version: it }: { version: ModelVersion }) {
  const serving = endpointsOf(it);
  return (
    <KeyValue
      items={[
        [
          'Deployed at',
          serving.length === 0
            ? 'nowhere yet'
            : serving.map((name, index) => (
                <span key={name}>
                  {index > 0 ? ', ' : ''}
                  <Link href={at(['endpoints', name])}>{name}</Link>
                </span>
              )),
        ],
        [
          'Scan',
          <Link key="scan" href={at(['models', it.name, 'versions', String(it.version)], { tab: 'scan' })}>
            <VerdictBadge verdict={it.scan} here={(it.files ?? 0) > 0} />
          </Link>,
        ],
        ['Stage', <Stage key="stage" version={it} />],
        ['Flavors', (it.flavors ?? []).join(', ')],
        ['MLflow', it.mlflow_version],
        ['Size', it.files ? `${bytes(it.size)} in ${it.files} ${it.files === 1 ? 'file' : 'files'}` : null],
        ['Source', it.source ? <code key="source">{it.source}</code> : null],
        [
          'Run',
          it.run_id ? (
            <Link key="run" href={at(['experiments', 'runs', it.run_id])}>
              {runLabel(it)}
            </Link>
          ) : null,
        ],
        ['Registered', <Time key="made" at={it.created_at} />],
        ['By', it.user],
      ]}
    />
  );
}

const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;

function Stage({ version: it }: { version: ModelVersion }) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const change = useMutation({
    mutationFn: (stage: (typeof STAGES)[number]) => changeVersion(it, { stage, tags: {} }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['models'] }),
  });
  if (!may) return <span>{it.stage}</span>;
  return (
    <Select
      aria-label="Stage"
      size="xs"
      w={140}
      data={[...STAGES]}
      value={it.stage ?? 'None'}
      allowDeselect={false}
      error={change.error ? Problem.from(change.error).detail : null}
      onChange={(value) => change.mutate((value ?? 'None') as (typeof STAGES)[number])}
    />
  );
}

const SHORT = 40; // characters that read well at the right edge

function Recorded({ runId }: { runId: string }) {
  const query = useQuery(runMetrics(runId));
  return (
    <Answer query={query} rows={3} inline>
      {({ metrics, params }) => {
        const rows: (readonly [string, string, boolean])[] = [
          ...metrics
            .filter((one) => !one.key.startsWith('system/'))
            .slice(0, 30)
            .map((one) => [one.key, one.special ?? metric(one.value), true] as const),
          ...Object.entries(params ?? {})
            .slice(0, 40)
            .map(([key, value]) => [key, value, false] as const),
        ];
        return rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            Its run logged neither metrics nor parameters.
          </Text>
        ) : (
          <div className={classes.scroll} tabIndex={0} role="region" aria-label="Metrics and parameters">
            <Table aria-label="Metrics and parameters of its run" className={classes.table ?? ''}>
              <Table.Tbody>
                {rows.map(([key, value, right]) => (
                  <Table.Tr key={`${right ? 'metric' : 'param'} ${key}`}>
                    <Table.Th scope="row">{key}</Table.Th>
                    <Table.Td ta={value.length > SHORT ? 'left' : 'right'}>
                      <LongText text={value} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </div>
        );
      }}
    </Answer>
  );
}
