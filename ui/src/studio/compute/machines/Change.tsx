import { Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { SaveDialog } from '../SaveDialog';
import { Fields } from './Fields';
import { kinds, machine, type Machine } from './queries';
import { credentialField, credentialsOf, given, placeOf, settingsAsText, START, type Values } from './values';

/** How a machine is signed in to; one that lets everybody in may be given a token. */
function signInOf(it: Machine): Values['sign_in'] {
  if (it.sign_in === 'password' || it.sign_in === 'token') return it.sign_in;
  return it.sign_in === 'none' && it.host ? 'token' : 'private_key';
}

/** Change a machine. Where it is, and who signs in, changes only together with the credentials. */
export function Change({ it, onClose }: { it: Machine; onClose: () => void }) {
  const cache = useQueryClient();
  const [values, setValues] = useState<Values>({
    ...START,
    kind: it.kind,
    here: it.host === '',
    settings: settingsAsText(it.settings),
    host: it.host,
    port: String(it.port),
    user: it.user,
    host_key: it.host_key,
    folder: it.folder,
    python: it.python,
    sign_in: signInOf(it),
    cores: it.own_cores ? String(it.own_cores) : '',
    description: it.description,
  });
  const kind = useQuery(kinds).data?.find((one) => one.name === it.kind);
  const save = useMutation({
    mutationFn: () =>
      data(
        api().PATCH('/compute/machines/{name}', {
          params: { path: { name: it.name } },
          body: {
            ...placeOf(values, kind),
            cores: Number(values.cores) || null,
            description: values.description,
            ...(given(values) ? { credentials: credentialsOf(values) } : {}),
          },
        }),
      ),
    onSuccess: (changed) => {
      cache.setQueryData(machine(it.name).queryKey, changed);
      void cache.invalidateQueries({ queryKey: ['compute'] });
      onClose();
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  const { credentials, ...problems } = problem?.fields ?? {};
  const told = credentials ? { ...problems, [credentialField(values)]: credentials } : problems;
  return (
    <SaveDialog
      title={`Change ${it.name}`}
      onClose={onClose}
      onSave={() => save.mutate()}
      saving={save.isPending}
      problem={Object.keys(told).length === 0 ? problem : null}
    >
      {values.here ? null : (
        <Text size="sm" c="dimmed">
          Credentials are kept unless new ones are written; whoever changes where the machine is writes them
          anew.
        </Text>
      )}
      <Fields
        kind={kind}
        value={values}
        kept={it.sign_in !== 'none'}
        onChange={(change) => {
          setValues((old) => ({ ...old, ...change }));
          if (save.isError) save.reset();
        }}
        problems={told}
      />
    </SaveDialog>
  );
}
