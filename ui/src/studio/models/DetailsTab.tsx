import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { metric, shortId } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { KeyValue } from '@/kit/KeyValue';
import { Lineage } from '@/kit/lineage/Lineage';
import { Link } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { Aliases } from './Aliases';
import { Description } from './Description';
import { lineage, runMetrics, type ModelVersion } from './queries';
import { SignatureTable } from './SignatureTable';
import classes from './models.module.css';

export function DetailsTab({ version: it }: { version: ModelVersion }) {
  const edges = useQuery(lineage(it));
  const tags = Object.entries(it.tags ?? {});
  return (
    <div className={classes.stack}>
      <Description key={`${it.name}:${it.version}`} version={it} />
      <div className={classes.columns}>
        <Section title="About">
          <KeyValue
            items={[
              ['Flavors', (it.flavors ?? []).join(', ')],
              ['MLflow', it.mlflow_version],
              [
                'Run',
                it.run_id ? (
                  <Link key="run" href={at(['experiments', 'runs', it.run_id])}>
                    run {shortId(it.run_id)}
                  </Link>
                ) : null,
              ],
              ['Stage', it.stage === 'None' ? null : it.stage],
              [
                'Served by',
                (it.used_by ?? []).length > 0 ? <Users key="users" of={it.used_by ?? []} /> : 'nothing yet',
              ],
              ...tags.map(([key, value]) => [key, value] as const),
            ]}
          />
          <Aliases version={it} />
        </Section>
        <Section title="Metrics of its run">
          {it.run_id ? (
            <Metrics runId={it.run_id} />
          ) : (
            <Text size="sm" c="dimmed">
              It was registered without a run.
            </Text>
          )}
        </Section>
      </div>
      <Section title="Signature">
        <SignatureTable signature={it.signature ?? null} />
      </Section>
      <Section title="Lineage">
        <Answer query={edges} rows={2} inline>
          {(found) => <Lineage edges={found} focus={`model:${it.name}:${it.version}`} />}
        </Answer>
      </Section>
    </div>
  );
}

function Users({ of }: { of: readonly string[] }) {
  return (
    <>
      {of.map((user, index) => {
        const name = user.startsWith('endpoint:') ? user.slice('endpoint:'.length) : null;
        return (
          <span key={user}>
            {index > 0 ? ', ' : ''}
            {name ? <Link href={at(['endpoints', name])}>{name}</Link> : user}
          </span>
        );
      })}
    </>
  );
}

function Metrics({ runId }: { runId: string }) {
  const query = useQuery(runMetrics(runId));
  return (
    <Answer query={query} rows={3} inline>
      {({ metrics }) =>
        metrics.length === 0 ? (
          <Text size="sm" c="dimmed">
            Its run logged no metrics.
          </Text>
        ) : (
          <Table aria-label="Metrics of its run" className={classes.table ?? ''}>
            <Table.Tbody>
              {metrics.slice(0, 30).map((one) => (
                <Table.Tr key={one.key}>
                  <Table.Th scope="row">{one.key}</Table.Th>
                  <Table.Td ta="right" title={String(one.value ?? one.special ?? '')}>
                    {one.special ?? metric(one.value)}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )
      }
    </Answer>
  );
}
