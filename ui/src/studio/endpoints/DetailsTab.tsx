import { Text } from '@mantine/core';
import { CopyButton } from '@/kit/CopyButton';
import { KeyValue } from '@/kit/KeyValue';
import { Note } from '@/kit/Note';
import { Section } from '@/kit/Page';
import { DeploymentFacts, Failure } from './DeploymentFacts';
import { KeysPanel, FreshKeys } from './KeysPanel';
import { ON_ITS_WAY, type Endpoint } from './queries';
import classes from './endpoints.module.css';

export function DetailsTab({ endpoint }: { endpoint: Endpoint }) {
  const { live, latest } = endpoint;
  const newer = latest && latest.id !== live?.id ? latest : null;
  return (
    <div className={classes.stack}>
      <FreshKeys name={endpoint.name} />
      {newer?.failure ? <Failure deployment={newer} /> : null}
      {newer?.state === 'Failed' && live ? (
        <Note title={`Deployment ${live.number} keeps answering with ${live.model}:${live.version}.`} />
      ) : null}
      {live?.failure ? <Failure deployment={live} /> : null}
      <div className={classes.columns}>
        {live ? (
          <Section title={`Deployment ${live.number}, which answers`}>
            <DeploymentFacts deployment={live} />
          </Section>
        ) : null}
        {newer ? (
          <Section
            title={
              ON_ITS_WAY.includes(newer.state)
                ? `Deployment ${newer.number}, on its way`
                : `Deployment ${newer.number}`
            }
          >
            <DeploymentFacts deployment={newer} />
          </Section>
        ) : null}
        <Section title="Address">
          <KeyValue
            items={[
              ['Score', <Address key="score" value={endpoint.url} />],
              [
                'Through the studio',
                <Address key="forward" value={`${window.location.origin}${endpoint.forward}`} />,
              ],
              ['Port', String(endpoint.port)],
            ]}
          />
          <Text size="sm" c="dimmed">
            Below the same address: /invocations as MLflow&apos;s server, /openapi.json, /health.
          </Text>
        </Section>
        <Section title="Keys">
          <KeysPanel name={endpoint.name} />
        </Section>
      </div>
    </div>
  );
}

function Address({ value }: { value: string }) {
  return (
    <span className={classes.address}>
      <code>{value}</code>
      <CopyButton value={value} label="Copy the address" />
    </span>
  );
}
