import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Page, PageHeader } from '@/kit/Page';
import { Fields } from './Fields';
import { kinds } from './queries';
import { Tried } from './Tried';
import { credentialsOf, ofKind, placeOf, ready as complete, START, type Values } from './values';

/** Attach a machine. */
export function MachineNew() {
  const may = useMay('compute.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [values, setValues] = useState(START);
  const known = useQuery(kinds);
  const kind = known.data?.find((one) => one.name === values.kind);
  const place = (of: Values) => ({
    ...placeOf(of, kind),
    kind: of.kind,
    credentials: credentialsOf(of),
  });
  const trial = useMutation({
    mutationFn: (of: Values) => data(api().POST('/compute/machines/try', { body: place(of) })),
  });
  const attach = useMutation({
    mutationFn: () =>
      data(
        api().POST('/compute/machines', {
          body: {
            name,
            ...place(values),
            cores: Number(values.cores) || null,
            description: values.description,
          },
        }),
      ),
    onSuccess: async (made) => {
      await cache.invalidateQueries({ queryKey: ['compute'] });
      follow(at(['compute', 'machines', made.name]));
    },
  });
  const failed = attach.error ?? trial.error;
  const problem = failed ? Problem.from(failed) : null;
  const problems = problem?.fields ?? {};
  const change = (next: Partial<Values>) => {
    setValues((old) => ({ ...old, ...next }));
    if (trial.isError || ('description' in next || 'cores' in next ? false : trial.isSuccess)) trial.reset();
    if (attach.isError) attach.reset();
  };
  const tryOut = (of: Values) => {
    attach.reset();
    trial.mutate(of);
  };
  const pin = (host_key: string) => {
    setValues((old) => ({ ...old, host_key }));
    tryOut({ ...values, host_key });
  };
  const ready = may && complete(values, kind);
  return (
    <Page
      title="Attach a machine"
      width="form"
      header={
        <PageHeader
          title="Attach a machine"
          lead="Jobs run there, and go on whatever happens to the connection or the studio."
        />
      }
    >
      <Denied permission="compute.write" to="attach machines" />
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          trial.reset(); // what was wrong with that is not what is asked now
          attach.mutate();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description="Jobs name it as their compute. Letters, digits and -, at most 32."
            required
            autoFocus
            value={name}
            error={problems.name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              if (attach.isError) attach.reset();
            }}
          />
          <Select
            label="Kind"
            allowDeselect={false}
            data={(known.data ?? []).map((one) => ({ value: one.name, label: one.title }))}
            value={values.kind}
            error={problems.kind}
            onChange={(chosen) => {
              const now = known.data?.find((one) => one.name === chosen);
              if (now) change(ofKind(now));
            }}
          />
          {kind ? (
            <Text size="sm" c="dimmed">
              {kind.description}
            </Text>
          ) : null}
          <Fields kind={kind} value={values} onChange={change} problems={problems} />
          <div role="status">{trial.data ? <Tried check={trial.data} onKey={pin} /> : null}</div>
          {problem && Object.keys(problems).length === 0 ? <ErrorState error={problem} inline /> : null}
          <Group>
            <Button type="submit" loading={attach.isPending} disabled={!ready || !name}>
              Attach
            </Button>
            <Button
              variant="default"
              loading={trial.isPending}
              disabled={!ready}
              onClick={() => tryOut(values)}
            >
              Test connection
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  );
}
