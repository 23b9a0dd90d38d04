import { Table, Text } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Section } from '@/kit/Page';
import type { Reuse, StepDetail } from '../queries';
import { WideTable } from '../WideTable';
import { outcomeOf, partText } from '../words';
import classes from './run.module.css';

/** Why a step took an earlier result, or did not: what its key is made of, and which parts are other than before. */
export function ReuseView({ detail }: { detail: StepDetail }) {
  const { reuse, parts = {} } = detail;
  const names = Object.keys(parts).filter((name) => parts[name]);
  if (!reuse && names.length === 0)
    return (
      <Text size="sm" c="dimmed">
        This is decided when the step&apos;s inputs are there.
      </Text>
    );
  return (
    <div className={classes.stack}>
      {reuse ? <Outcome reuse={reuse} /> : null}
      {reuse && (reuse.changes?.length ?? 0) > 0 ? <Changes reuse={reuse} /> : null}
      {names.length > 0 ? (
        <Section title="What the key is made of">
          <WideTable label="Parts of the key">
            {names.map((name) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td className={classes.value ?? ''}>{partText(name, parts[name] ?? '')}</Table.Td>
              </Table.Tr>
            ))}
          </WideTable>
          {detail.key ? (
            <Text size="xs" c="dimmed">
              Key <code>{detail.key.slice(0, 16)}</code>: a step with the same one takes the result. Names,
              tags, compute, priority, retries and time limits are not part of it.
            </Text>
          ) : null}
        </Section>
      ) : null}
    </div>
  );
}

function Outcome({ reuse }: { reuse: Reuse }) {
  const good = reuse.outcome === 'reused' || reuse.outcome === 'taken';
  const origin = reuse.origin_run_id ?? reuse.nearest_run_id;
  return (
    <Note tone={good ? 'good' : 'info'} title={outcomeOf(reuse)}>
      <div>{reuse.text}</div>
      {reuse.origin_pipeline_id ? (
        <div>
          It is the result of{' '}
          <Link href={at(['pipelines', reuse.origin_pipeline_id], { step: reuse.origin_step ?? undefined })}>
            {reuse.origin_step ?? 'a step'} of an earlier pipeline
          </Link>
          .
        </div>
      ) : origin ? (
        <div>
          <Link href={at(['experiments', 'runs', origin])}>
            {reuse.origin_run_id ? 'The run whose result it is' : 'The nearest earlier run'}
          </Link>
        </div>
      ) : null}
    </Note>
  );
}

function Changes({ reuse }: { reuse: Reuse }) {
  return (
    <Section title="What changed since the nearest earlier result">
      <WideTable label="Changed parts" head={['Part', 'Before', 'Now']}>
        {(reuse.changes ?? []).map((change) => (
          <Table.Tr key={change.part} title={change.text}>
            <Table.Th scope="row">{change.part}</Table.Th>
            <Table.Td className={classes.value ?? ''}>{change.before || '–'}</Table.Td>
            <Table.Td className={classes.value ?? ''}>{change.after || '–'}</Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </Section>
  );
}
