import { Button, Group, PasswordInput, Table, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api } from '@/kernel/request';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { accounts, type Account } from './queries';
import classes from './workspace.module.css';

/** Everybody who can sign in; the server shows them to owners of the workspace `default` only. */
export function AccountsTab() {
  const cache = useQueryClient();
  const query = useQuery(accounts);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const again = () => cache.invalidateQueries({ queryKey: ['workspace'] });
  const add = useMutation({
    mutationFn: () =>
      api().POST('/workspace/accounts', {
        body: { name: name.trim(), password: password || null, role: null },
      }),
    onSuccess: async () => {
      setName('');
      setPassword('');
      await again();
    },
  });
  const shut = useMutation({
    mutationFn: (account: Account) =>
      api().PATCH('/workspace/accounts/{name}', {
        params: { path: { name: account.name } },
        body: { disabled: !account.disabled },
      }),
    onError: toastProblem,
    onSettled: again,
  });
  const problem = add.error ? Problem.from(add.error) : null;
  return (
    <Answer query={query} rows={4}>
      {(all) => (
        <div className={classes.stack}>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              add.mutate();
            }}
          >
            <Group gap="md" align="flex-start">
              <TextInput
                label="Name"
                required
                autoComplete="off"
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
                error={
                  problem ? (problem.fields.name ?? (problem.fields.password ? null : problem.detail)) : null
                }
              />
              <PasswordInput
                label="Password"
                placeholder="none: by link only"
                autoComplete="new-password"
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                error={problem?.fields.password}
                visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
                w={220}
              />
              <Button type="submit" mt={24} loading={add.isPending} disabled={!name.trim()}>
                Add account
              </Button>
            </Group>
          </form>
          <Table aria-label="Accounts" className={classes.table ?? ''}>
            <Table.Thead>
              <Table.Tr>
                {['Account', 'State', 'Password', 'Made', 'Change'].map((head) => (
                  <Table.Th key={head} scope="col">
                    {head}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.map((account) => (
                <Table.Tr key={account.name}>
                  <Table.Td>{account.name}</Table.Td>
                  <Table.Td>
                    <StatusBadge
                      state={account.disabled ? 'canceled' : 'ready'}
                      label={account.disabled ? 'Shut out' : 'May sign in'}
                    />
                  </Table.Td>
                  <Table.Td>{account.has_password ? 'yes' : 'no, by link or token'}</Table.Td>
                  <Table.Td>
                    <Time at={account.created_at} />
                  </Table.Td>
                  <Table.Td>
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={`${account.disabled ? 'Let in' : 'Shut out'} ${account.name}`}
                      onClick={() => shut.mutate(account)}
                    >
                      {account.disabled ? 'Let in again' : 'Shut out'}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </Answer>
  );
}
