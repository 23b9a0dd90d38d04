import { Button, Group, Table } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { moment } from '@/kernel/format';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { changeVersion, versions, type Secret, type SecretVersion } from './queries';
import { STATES } from './words';
import classes from '../workspace.module.css';

interface Props {
  secret: Secret;
  may: boolean;
  act: (verb: Promise<unknown>) => void;
}

/** The versions, newest first: what can be seen of each without its value, and whether jobs get it. */
export function Versions({ secret, may, act }: Props) {
  const cache = useQueryClient();
  const query = useQuery(versions(secret.name));
  const [losing, setLosing] = useState<SecretVersion | null>(null);
  const heads = [
    'Version',
    'State',
    'Characters',
    'Fingerprint',
    'Good until',
    'Written',
    ...(may ? ['Do'] : []),
  ];
  return (
    <Section title="Versions">
      <Answer query={query} rows={2}>
        {(all) => (
          <Table.ScrollContainer minWidth={720}>
            <Table aria-label={`Versions of ${secret.name}`} className={classes.table ?? ''}>
              <Table.Thead>
                <Table.Tr>
                  {heads.map((head) => (
                    <Table.Th key={head} scope="col">
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {all.map((one) => (
                  <Table.Tr key={one.version}>
                    <Table.Td>{one.version}</Table.Td>
                    <Table.Td>
                      <StatusBadge
                        state={one.state}
                        tone={STATES[one.state].tone}
                        label={STATES[one.state].word}
                      />
                    </Table.Td>
                    <Table.Td>{one.size}</Table.Td>
                    <Table.Td title="Equal fingerprints are equal values of this secret; nothing else can be told from them">
                      <code>{one.fingerprint}</code>
                    </Table.Td>
                    <Table.Td>{one.expires_at ? moment(one.expires_at) : 'no end'}</Table.Td>
                    <Table.Td>
                      <Time at={one.created_at} /> by {one.created_by}
                    </Table.Td>
                    {may ? (
                      <Table.Td>
                        <Actions secret={secret} one={one} act={act} onLose={() => setLosing(one)} />
                      </Table.Td>
                    ) : null}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Answer>
      {losing ? (
        <ConfirmByName
          opened
          onClose={() => setLosing(null)}
          name={`${secret.name}:${losing.version}`}
          verb="Remove the value of"
          loss="The value is gone at once and for good: it cannot be restored, and jobs that name this version fail."
          onConfirm={async () => {
            await changeVersion(secret.name, losing.version, { state: 'removed' });
            await cache.invalidateQueries({ queryKey: ['secrets'] });
          }}
        />
      ) : null}
    </Section>
  );
}

interface ActionProps extends Omit<Props, 'may'> {
  one: SecretVersion;
  onLose: () => void;
}

function Actions({ secret, one, act, onLose }: ActionProps) {
  if (one.state === 'removed') return null;
  const on = one.state === 'enabled' || one.state === 'expired';
  const name = `version ${one.version}`;
  return (
    <Group gap="xs" wrap="nowrap">
      <Button
        variant="default"
        size="compact-sm"
        aria-label={on ? `Disable ${name}` : `Enable ${name}`}
        onClick={() => act(changeVersion(secret.name, one.version, { state: on ? 'disabled' : 'enabled' }))}
      >
        {on ? 'Disable' : 'Enable'}
      </Button>
      {one.expires_at ? (
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`No end for ${name}`}
          onClick={() => act(changeVersion(secret.name, one.version, { expires_at: null }))}
        >
          No end
        </Button>
      ) : null}
      <Button variant="default" size="compact-sm" aria-label={`Remove the value of ${name}`} onClick={onLose}>
        Remove the value
      </Button>
    </Group>
  );
}
