import { Text } from '@mantine/core';
import { bytes, duration } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { IconX } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Link } from '@/kit/Link';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { tierWord } from './EndpointList';
import type { Deployment } from './queries';
import classes from './endpoints.module.css';

const STAGES: Record<string, string> = {
  load: 'The model could not be loaded',
  sample: 'The model failed on the sample',
  listen: 'The port could not be opened',
  start: 'The scorer could not be started',
  timeout: 'The scorer took too long to start',
  lost: 'The scorer ended by itself',
};

export function Failure({ deployment }: { deployment: Deployment }) {
  const { failure } = deployment;
  if (!failure) return null;
  return (
    <section className={classes.failure} aria-label={`Why deployment ${deployment.number} failed`}>
      <IconX size={20} aria-hidden />
      <div>
        <h2>{STAGES[failure.stage] ?? 'The deployment failed'}</h2>
        <Text size="sm" className={classes.wrap ?? ''}>
          {failure.error}
        </Text>
        {failure.traceback ? <CodeSnippet code={failure.traceback} label="Python traceback" /> : null}
      </div>
    </section>
  );
}

/** What serves, in which form, and why that one. */
export function DeploymentFacts({ deployment: it }: { deployment: Deployment }) {
  return (
    <KeyValue
      items={[
        ['State', <StatusBadge key="state" state={it.state} />],
        ['Now', it.message],
        [
          'Model',
          <Link key="model" href={at(['models', it.model], { version: it.version })}>
            {it.model}:{it.version}
          </Link>,
        ],
        ['Served as', it.tier === 'compiled' ? 'Compiled (ONNX)' : tierWord(it.tier)],
        ['Why', it.why],
        ['Batching', it.batching],
        ['Workers', String(it.workers)],
        ['Memory', it.memory_bytes == null ? null : bytes(it.memory_bytes)],
        ['Loaded in', it.load_seconds == null ? null : duration(it.load_seconds)],
        ['Sample answered in', it.sample_ms == null ? null : `${it.sample_ms.toFixed(1)} ms`],
        ['Restarts', it.restarts ? String(it.restarts) : null],
        ['Live since', it.live_at ? <Time key="live" at={it.live_at} /> : null],
        ['By', it.created_by],
      ]}
    />
  );
}
