import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { SpecForm } from './form/SpecForm';
import { TriedNote, TryButton } from './form/Tried';
import { bodyOf, commandOf, missingOf, nameProblem, startOf, type Values } from './form/values';
import { kinds, type DatastoreKind } from './queries';
import classes from './datastores.module.css';

/** Add a datastore: first of what kind, then its fields; the connection can be tried before anything is kept. */
export function DatastoreCreate() {
  const search = useSearch({ from: '/w/$ws/datastores/new' });
  const navigate = useNavigate({ from: '/w/$ws/datastores/new' });
  const query = useQuery(kinds);
  const chosen = query.data?.find((kind) => kind.name === search.kind);
  return (
    <Page
      title="Add datastore"
      width="form"
      header={
        <PageHeader
          title={chosen ? `Add ${chosen.title}` : 'Add datastore'}
          lead={chosen?.description ?? 'What kind of place is it?'}
          actions={
            chosen ? (
              <Button variant="default" onClick={() => void navigate({ search: {} })}>
                Another kind
              </Button>
            ) : null
          }
        />
      }
    >
      <Denied permission="datastores.write" to="add datastores" />
      <Answer query={query}>
        {(all) =>
          chosen ? (
            <Form key={chosen.name} kind={chosen} />
          ) : (
            <Choices kinds={all} onChoose={(kind) => void navigate({ search: { kind } })} />
          )
        }
      </Answer>
    </Page>
  );
}

const FAMILIES = [
  ['files', 'Files'],
  ['sql', 'Databases'],
] as const;

function Choices({ kinds: all, onChoose }: { kinds: DatastoreKind[]; onChoose: (kind: string) => void }) {
  return (
    <>
      {FAMILIES.filter(([family]) => all.some((kind) => kind.family === family)).map(([family, title]) => (
        <Section key={family} title={title}>
          <div className={classes.kinds}>
            {all
              .filter((kind) => kind.family === family)
              .map((kind) => (
                <button
                  key={kind.name}
                  type="button"
                  className={classes.kind}
                  onClick={() => onChoose(kind.name)}
                >
                  <strong>{kind.title}</strong>
                  <span>{kind.installed ? kind.description : `Needs the extra '${kind.extra ?? ''}'.`}</span>
                </button>
              ))}
          </div>
        </Section>
      ))}
    </>
  );
}

function Form({ kind }: { kind: DatastoreKind }) {
  const may = useMay('datastores.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const [auth, setAuth] = useState(kind.auth[0]?.name ?? 'none');
  const [values, setValues] = useState<Values>(() => startOf(kind));
  const [description, setDescription] = useState('');
  const [readOnly, setReadOnly] = useState(false);
  const [isDefault, setDefault] = useState(false);
  const missing = missingOf(kind, auth, values);

  const trial = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datastores/check', { body: { kind: kind.name, auth, ...bodyOf(kind, auth, values) } }),
      ),
  });
  const make = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datastores', {
          body: {
            name,
            kind: kind.name,
            auth,
            ...bodyOf(kind, auth, values),
            description,
            tags: {},
            read_only: readOnly || !kind.writable,
            default: isDefault,
          },
        }),
      ),
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['datastores'] });
      api()
        .POST('/datastores/{name}/check', { params: { path: { name: made.name } } })
        .catch(() => undefined); // the page shows what came of it
      follow(at(['datastores', made.name]));
    },
  });
  const error = make.error ?? trial.error;
  const problem = error ? Problem.from(error) : null;
  const fields = problem?.fields ?? {};
  const change = (key: string, value: string | boolean) => {
    setValues((old) => ({ ...old, [key]: value }));
    trial.reset();
    make.reset();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Stack gap="lg">
        {kind.installed ? null : (
          <Note
            tone="warning"
            title={`This kind needs the extra '${kind.extra ?? ''}' on the machine of the studio.`}
          >
            <code>{`pip install 'studiolo[${kind.extra ?? ''}]'`}</code>
          </Note>
        )}
        <TextInput
          label="Name"
          description="As paths name it: azureml://datastores/NAME/paths/…"
          required
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={nameProblem(name) ?? fields.name}
        />
        <SpecForm
          kind={kind}
          auth={auth}
          onAuth={(next) => {
            setAuth(next);
            trial.reset();
          }}
          values={values}
          onValue={change}
          errors={fields}
          disabled={!may}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        {kind.writable ? (
          <Switch
            label="Read-only"
            description="The studio and its jobs never write to it."
            checked={readOnly}
            onChange={(event) => setReadOnly(event.currentTarget.checked)}
          />
        ) : null}
        {kind.family === 'files' && kind.writable ? (
          <Switch
            label="Default datastore"
            description="Used where no other is named."
            checked={isDefault}
            onChange={(event) => setDefault(event.currentTarget.checked)}
          />
        ) : null}
        {trial.data ? <TriedNote state={trial.data} /> : null}
        {problem && !Object.keys(fields).some((field) => known(field)) ? (
          <ErrorState error={problem} inline />
        ) : null}
        <Group>
          <Button
            type="submit"
            loading={make.isPending}
            disabled={!may || name === '' || nameProblem(name) !== null || missing.length > 0}
          >
            Add datastore
          </Button>
          <TryButton
            onTry={() => trial.mutate()}
            busy={trial.isPending}
            disabled={!may || missing.length > 0 || !kind.installed}
          />
        </Group>
        <Section title="The same as a command">
          <CodeSnippet code={commandOf(name, kind, auth, values)} />
        </Section>
      </Stack>
    </form>
  );
}

function known(field: string): boolean {
  return field === 'name' || field.startsWith('config.') || field.startsWith('credentials.');
}
