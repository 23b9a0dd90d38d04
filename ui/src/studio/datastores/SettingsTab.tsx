import { Button, Group, Progress, Stack, Switch, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { CopyButton } from '@/kit/CopyButton';
import { ErrorState } from '@/kit/ErrorState';
import { KeyValue } from '@/kit/KeyValue';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { SpecForm } from './form/SpecForm';
import { TriedNote, TryButton } from './form/Tried';
import { bodyOf, missingOf, startOf, type Values } from './form/values';
import { kinds, type Datastore, type DatastoreKind } from './queries';

/** How a datastore is reached; credentials are only ever replaced, never shown. */
export function SettingsTab({ store }: { store: Datastore }) {
  const query = useQuery({ ...kinds, enabled: !store.built_in });
  return (
    <Stack gap="lg" maw={720}>
      <KeyValue
        items={[
          ['Kind', store.kind_title ?? store.kind],
          [
            'Location',
            <span key="location">
              <code>{store.location}</code>{' '}
              <CopyButton value={store.location ?? ''} label="Copy the location" />
            </span>,
          ],
          ['Space', store.total_bytes ? <Space key="space" store={store} /> : null],
          [
            'Added',
            store.created_at ? (
              <span key="added">
                <Time at={store.created_at} /> by {store.created_by}
              </span>
            ) : null,
          ],
        ]}
      />
      {store.family === 'files' ? (
        <Section title="In code">
          <CodeSnippet
            code={{
              Address: `azureml://datastores/${store.name}/paths/FOLDER/FILE.csv`,
              Python: `from studiolo import Studio\n\nstudio = Studio()\nfor file in studio.datastores.browse("${store.name}"):\n    print(file.path, file.size)`,
              'Command line': `studiolo datastores browse ${store.name}`,
            }}
          />
        </Section>
      ) : null}
      {store.built_in ? null : (
        <Answer query={query}>
          {(all) => {
            const kind = all.find((one) => one.name === store.kind);
            return kind ? (
              <Form store={store} kind={kind} />
            ) : (
              <Note
                tone="warning"
                title={`The plug-in of the kind '${store.kind}' is not installed any more.`}
              />
            );
          }}
        </Answer>
      )}
    </Stack>
  );
}

function Space({ store }: { store: Datastore }) {
  const total = store.total_bytes ?? 0;
  const free = store.free_bytes ?? 0;
  return (
    <>
      {bytes(free)} free of {bytes(total)}
      <Progress
        mt={4}
        maw={280}
        size={6}
        aria-label="Space used"
        value={total ? (1 - free / total) * 100 : 0}
      />
    </>
  );
}

function Form({ store, kind }: { store: Datastore; kind: DatastoreKind }) {
  const may = useMay('datastores.write');
  const cache = useQueryClient();
  const [auth, setAuth] = useState(store.auth ?? 'none');
  const [values, setValues] = useState<Values>(() => startOf(kind, store.config));
  const [description, setDescription] = useState(store.description ?? '');
  const [readOnly, setReadOnly] = useState(store.read_only ?? false);
  const same = auth === store.auth;
  const stored = new Set(
    same ? (store.credentials ?? []).filter((one) => one.set).map((one) => one.field) : [],
  );
  const missing = missingOf(kind, auth, values, stored);
  const body = () => bodyOf(kind, auth, values);
  const trial = useMutation({
    mutationFn: () =>
      data(api().POST('/datastores/check', { body: { kind: kind.name, auth, ...body(), like: store.name } })),
  });
  const save = useMutation({
    mutationFn: () => {
      const { config, credentials } = body();
      const gone = Object.fromEntries(
        Object.keys(store.config ?? {})
          .filter((key) => !(key in config))
          .map((key) => [key, null]),
      );
      return data(
        api().PATCH('/datastores/{name}', {
          params: { path: { name: store.name } },
          body: {
            auth,
            config: { ...gone, ...config },
            ...(Object.keys(credentials).length > 0 ? { credentials } : {}),
            description,
            read_only: readOnly,
          },
        }),
      );
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: ['datastores'] }),
  });
  const error = save.error ?? trial.error;
  const problem = error ? Problem.from(error) : null;
  const fields = problem?.fields ?? {};
  return (
    <Section title="Connection">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="lg">
          {may ? null : <Note title="Your role may look at these settings, and not change them." />}
          <SpecForm
            kind={kind}
            auth={auth}
            onAuth={setAuth}
            values={values}
            onValue={(key, value) => {
              setValues((old) => ({ ...old, [key]: value }));
              trial.reset();
            }}
            errors={fields}
            stored={stored}
            disabled={!may}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            disabled={!may}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          {kind.writable ? (
            <Switch
              label="Read-only"
              description="The studio and its jobs never write to it."
              disabled={!may}
              checked={readOnly}
              onChange={(event) => setReadOnly(event.currentTarget.checked)}
            />
          ) : null}
          {trial.data ? <TriedNote state={trial.data} /> : null}
          {problem ? <ErrorState error={problem} inline /> : null}
          {may ? (
            <Group>
              <Button type="submit" loading={save.isPending} disabled={missing.length > 0}>
                Save
              </Button>
              <TryButton onTry={() => trial.mutate()} busy={trial.isPending} disabled={missing.length > 0} />
            </Group>
          ) : null}
        </Stack>
      </form>
    </Section>
  );
}
