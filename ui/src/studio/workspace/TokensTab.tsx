import { Button, Group, NumberInput, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { moment } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { CopyButton } from '@/kit/CopyButton';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { tokens, type Token } from './queries';
import classes from './workspace.module.css';

/** Tokens of the own account, for the command line, the SDK and MLflow clients elsewhere. */
export function TokensTab() {
  const cache = useQueryClient();
  const query = useQuery(tokens);
  const [name, setName] = useState('');
  const [days, setDays] = useState<number | string>(90);
  const make = useMutation({
    mutationFn: () =>
      data(
        api().POST('/workspace/tokens', {
          body: { name: name.trim(), days: days === '' ? null : Number(days) },
        }),
      ),
    onSuccess: () => {
      setName('');
      void cache.invalidateQueries({ queryKey: tokens.queryKey });
    },
  });
  const problem = make.error ? Problem.from(make.error) : null;
  const revoke = (token: Token) => {
    const before = query.data ?? [];
    cache.setQueryData(
      tokens.queryKey,
      before.filter((other) => other.id !== token.id),
    );
    withUndo(
      `Token ${token.name} revoked`,
      () =>
        api()
          .DELETE('/workspace/tokens/{id}', { params: { path: { id: token.id } } })
          .catch(toastProblem),
      () => cache.setQueryData(tokens.queryKey, before),
    );
  };
  return (
    <div className={classes.stack}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Group gap="md" align="flex-start">
          <TextInput
            label="Name"
            placeholder="laptop"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem ? (problem.fields.name ?? problem.detail) : null}
          />
          <NumberInput
            label="Good for days"
            placeholder="until revoked"
            min={1}
            max={3650}
            value={days}
            onChange={setDays}
            error={problem?.fields.days}
            w={140}
          />
          <Button type="submit" mt={24} loading={make.isPending} disabled={!name.trim()}>
            Make a token
          </Button>
        </Group>
      </form>
      {make.data ? (
        <Note title="Copy the token now: it is shown this once." tone="warning">
          <div className={classes.secret}>
            <code>{make.data.token}</code>
            <CopyButton value={make.data.token} label="Copy the token" />
          </div>
        </Note>
      ) : null}
      <Answer query={query} rows={3}>
        {(all) =>
          all.length === 0 ? (
            <Text size="sm" c="dimmed">
              No tokens.
            </Text>
          ) : (
            <Table aria-label="My tokens" className={classes.table ?? ''}>
              <Table.Thead>
                <Table.Tr>
                  {['Name', 'Workspace', 'May', 'Made', 'Good until', 'Revoke'].map((head) => (
                    <Table.Th key={head} scope="col">
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {all.map((token) => (
                  <Table.Tr key={token.id}>
                    <Table.Td>{token.name}</Table.Td>
                    <Table.Td>{token.workspace ?? 'all'}</Table.Td>
                    <Table.Td>{token.scopes?.join(', ') ?? 'what the account may'}</Table.Td>
                    <Table.Td>
                      <Time at={token.created_at} />
                    </Table.Td>
                    <Table.Td>{token.expires_at ? moment(token.expires_at) : 'it is revoked'}</Table.Td>
                    <Table.Td>
                      <Button
                        variant="default"
                        size="compact-sm"
                        aria-label={`Revoke ${token.name}`}
                        onClick={() => revoke(token)}
                      >
                        Revoke
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </div>
  );
}
