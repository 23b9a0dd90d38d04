import { Button, Group, Select, Table, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { doneWithUndo } from '@/kit/ConfirmUndo';
import { Section } from '@/kit/Page';
import { members } from '../queries';
import { setGrant, type Grant, type Secret } from './queries';
import { grantText, USERS } from './words';
import classes from '../workspace.module.css';

interface Props {
  secret: Secret;
  may: boolean;
  act: (verb: Promise<unknown>) => void;
}

/** Who may use a secret in jobs: accounts, and everybody of a role. */
export function Grants({ secret, may, act }: Props) {
  const cache = useQueryClient();
  const people = useQuery({ ...members, enabled: may });
  const [chosen, setChosen] = useState<string | null>(null);
  const has = new Set(secret.granted.map((grant) => `${grant.kind}:${grant.name}`));
  const free = (kind: Grant['kind'], names: readonly string[]) =>
    names
      .filter((name) => !has.has(`${kind}:${name}`))
      .map((name) => ({ value: `${kind}:${name}`, label: grantText({ kind, name }) }));
  const users = (people.data ?? []).filter((member) => USERS.some((role) => role === member.role));
  const groups = [
    { group: 'Roles', items: free('role', USERS) },
    {
      group: 'Accounts',
      items: free(
        'account',
        users.map((member) => member.name),
      ),
    },
  ].filter((group) => group.items.length > 0);
  const give = () => {
    const [kind = '', ...rest] = (chosen ?? '').split(':');
    act(setGrant(secret.name, { kind: kind as Grant['kind'], name: rest.join(':') }, true));
    setChosen(null);
  };
  const take = (grant: Grant) => {
    const done = setGrant(secret.name, grant, false);
    act(done);
    void done.then(
      () =>
        doneWithUndo(`${grantText(grant)} may not use ${secret.name} any more`, async () => {
          await setGrant(secret.name, grant, true);
          await cache.invalidateQueries({ queryKey: ['secrets'] });
        }),
      () => undefined, // `act` has told it
    );
  };
  return (
    <Section title="Who may use it">
      {secret.granted.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody: no job gets it.
        </Text>
      ) : (
        <Table aria-label={`Who may use ${secret.name}`} className={classes.table ?? ''} maw={520}>
          <Table.Tbody>
            {secret.granted.map((grant) => (
              <Table.Tr key={`${grant.kind}:${grant.name}`}>
                <Table.Td>{grantText(grant)}</Table.Td>
                <Table.Td ta="right">
                  {may ? (
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={`Take it back from ${grantText(grant)}`}
                      onClick={() => take(grant)}
                    >
                      Take it back
                    </Button>
                  ) : null}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {may ? (
        <Group gap="md" align="flex-end" mt="md">
          <Select
            label="Allow another"
            placeholder={groups.length > 0 ? 'A role or an account' : 'All may already'}
            data={groups}
            value={chosen}
            onChange={setChosen}
            disabled={groups.length === 0}
            searchable
            w={260}
          />
          <Button variant="default" disabled={!chosen} onClick={give}>
            Allow
          </Button>
        </Group>
      ) : null}
    </Section>
  );
}
