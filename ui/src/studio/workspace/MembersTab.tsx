import { Button, Group, Select, Table, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { Answer } from '@/kit/Page';
import { members, ROLES, type Member, type Role } from './queries';
import classes from './workspace.module.css';

export function MembersTab() {
  const cache = useQueryClient();
  const may = useMay('workspace.write');
  const query = useQuery(members);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('Contributor');
  const set = useMutation({
    mutationFn: (member: { name: string; role: Role }) =>
      api().PUT('/workspace/members/{name}', {
        params: { path: { name: member.name } },
        body: { role: member.role },
      }),
    onSettled: () => cache.invalidateQueries({ queryKey: members.queryKey }),
  });
  const add = useMutation({
    mutationFn: () => set.mutateAsync({ name: name.trim(), role }),
    onSuccess: () => setName(''),
  });
  const remove = (member: Member) => {
    const before = query.data ?? [];
    cache.setQueryData(
      members.queryKey,
      before.filter((other) => other.name !== member.name),
    );
    withUndo(
      `${member.name} is no member any more`,
      () => api().DELETE('/workspace/members/{name}', { params: { path: { name: member.name } } }),
      () => cache.setQueryData(members.queryKey, before),
    );
  };
  return (
    <div className={classes.stack}>
      {may ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate();
          }}
        >
          <Group gap="md" align="flex-start">
            <TextInput
              label="Account"
              required
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={add.error ? Problem.from(add.error).detail : null}
            />
            <Select
              label="Role"
              data={[...ROLES]}
              value={role}
              onChange={(value) => setRole((value ?? 'Contributor') as Role)}
              allowDeselect={false}
            />
            <Button type="submit" mt={24} loading={add.isPending} disabled={!name.trim()}>
              Add member
            </Button>
          </Group>
        </form>
      ) : null}
      <Answer query={query} rows={3}>
        {(all) => (
          <Table aria-label="Members" className={classes.table ?? ''}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Account</Table.Th>
                <Table.Th scope="col">Role</Table.Th>
                <Table.Th scope="col">Remove</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {all.map((member) => (
                <Table.Tr key={member.name}>
                  <Table.Td>
                    {member.name}
                    {member.disabled ? ' (shut out)' : ''}
                  </Table.Td>
                  <Table.Td>
                    <Select
                      aria-label={`Role of ${member.name}`}
                      data={[...ROLES]}
                      value={member.role}
                      disabled={!may}
                      allowDeselect={false}
                      onChange={(value) =>
                        set.mutate({ name: member.name, role: value as Role }, { onError: toastProblem })
                      }
                      w={200}
                    />
                  </Table.Td>
                  <Table.Td>
                    <Button
                      variant="default"
                      size="compact-sm"
                      disabled={!may}
                      aria-label={`Remove ${member.name}`}
                      onClick={() => remove(member)}
                    >
                      Remove
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
    </div>
  );
}
