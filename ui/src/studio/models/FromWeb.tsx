import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { ErrorState } from '@/kit/ErrorState';
import { Note } from '@/kit/Note';
import { ProgressBar } from '@/kit/ProgressBar';
import { cancelFetch, fetchOf, startFetch, type Fetch } from './fetches';
import { OF_MLFLOW, type Typed } from './inCode';
import { nameProblem } from './naming';

interface Props {
  name: string;
  /** The fetch that is followed, from the URL: it goes on when the page is left or loaded anew. */
  fetch: { name: string; run: string } | undefined;
  onFetch: (runId: string | undefined) => void;
  onTyped: (typed: Typed) => void;
  onName: (problem: string | undefined) => void;
  onDone: (made: { name: string; version: number }) => void;
}

/** A web address or another MLflow: the studio fetches it in a job, which is followed here. */
export function FromWeb({ name, fetch, onFetch, onTyped, onName, onDone }: Props) {
  const may = useMay('models.write');
  const [address, setAddress] = useState('');
  const [server, setServer] = useState('');
  const [token, setToken] = useState('');
  const followed = useQuery(fetchOf(fetch?.name ?? name, fetch?.run));
  const start = useMutation({
    mutationFn: () =>
      startFetch(name, { address: address.trim(), tracking_uri: ofMlflow ? server.trim() : '', token }),
    onSuccess: (made) => {
      setToken('');
      onFetch(made.run_id);
    },
    onError: (error) => onName(Problem.from(error).fields.name),
  });
  const stop = useMutation({
    mutationFn: (it: Fetch) => cancelFetch(it),
    onSuccess: () => followed.refetch(),
  });
  const found = fetch ? followed.data : undefined;
  const version = found?.state === 'done' ? found.version : null;
  useEffect(() => {
    if (typeof version === 'number') onDone({ name: fetch?.name ?? name, version });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once, when the version is there
  }, [version]);
  const running = found?.state === 'queued' || found?.state === 'running';
  const ofMlflow = OF_MLFLOW.test(address.trim());
  const problem = start.error ? Problem.from(start.error) : null;
  const ended = found && !running && found.state !== 'done' ? found : null;
  const fields: Record<string, string | undefined> = {
    ...(ended?.field ? { [ended.field]: `${ended.error} ${ended.hint}`.trim() } : {}),
    ...problem?.fields,
  };
  const beside = ['address', 'token', ...(ofMlflow ? ['tracking_uri'] : []), 'name'].some(
    (key) => fields[key],
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <Stack gap="lg">
        <TextInput
          label="Address"
          description="https://… of a model file or a zip; models:/NAME/3, models:/NAME@alias or runs:/RUN/path of another MLflow"
          placeholder="https://example.org/model.onnx"
          value={address}
          onChange={(event) => {
            setAddress(event.currentTarget.value);
            onTyped({ address: event.currentTarget.value, server });
          }}
          error={fields.address}
          disabled={running}
          required
        />
        {ofMlflow ? (
          <TextInput
            label="MLflow server"
            description="What MLFLOW_TRACKING_URI would be"
            placeholder="https://mlflow.example.org"
            value={server}
            onChange={(event) => {
              setServer(event.currentTarget.value);
              onTyped({ address, server: event.currentTarget.value });
            }}
            error={fields.tracking_uri}
            disabled={running}
            required
          />
        ) : null}
        <PasswordInput
          label="Token"
          description="If it asks for one; user:password works too. Kept sealed, until the fetch has ended."
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={fields.token}
          disabled={running}
          autoComplete="off"
        />
        {problem && !beside ? <ErrorState error={problem} inline /> : null}
        {fetch && followed.error ? <ErrorState error={followed.error} inline /> : null}
        {ended && !start.isPending && !ended.field ? (
          <Note
            title={ended.state === 'failed' ? 'It was not registered' : 'Stopped'}
            tone={ended.state === 'failed' ? 'warning' : 'info'}
          >
            {ended.error} {ended.hint}
          </Note>
        ) : null}
        {running && found ? (
          <ProgressBar
            name="Fetch"
            done={found.progress ?? 0}
            total={found.progress === null || found.progress === undefined ? null : 1}
            unit={(share) => `${Math.round(share * 100)} %`}
            label={found.label || 'Starting'}
            startedAt={found.started_at}
          />
        ) : null}
        <Group>
          <Button
            type="submit"
            disabled={
              !may ||
              address.trim() === '' ||
              (ofMlflow && server.trim() === '') ||
              name === '' ||
              nameProblem(name) !== null
            }
            loading={start.isPending || running}
          >
            Fetch and register
          </Button>
          {running && found ? (
            <Button variant="default" onClick={() => stop.mutate(found)} loading={stop.isPending}>
              Cancel
            </Button>
          ) : null}
        </Group>
      </Stack>
    </form>
  );
}
