import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { ErrorState } from '@/kit/ErrorState';
import type { Typed } from './inCode';
import { nameProblem } from './naming';
import type { ModelVersion } from './queries';

interface Props {
  kind: 'run' | 'address';
  preset: { run?: string | undefined; path?: string | undefined; address?: string | undefined };
  name: string;
  onTyped: (typed: Typed) => void;
  onName: (problem: string | undefined) => void;
  onDone: (made: ModelVersion) => void;
}

/** What a run logged, or what an MLflow address of this studio names; the bytes are shared, not copied. */
export function FromAddress({ kind, preset, name, onTyped, onName, onDone }: Props) {
  const may = useMay('models.write');
  const [runId, setRunId] = useState(preset.run ?? '');
  const [path, setPath] = useState(preset.path ?? 'model');
  const [address, setAddress] = useState(preset.address ?? '');
  const source = kind === 'run' ? `runs:/${runId.trim()}/${path.trim()}` : address.trim();
  const ready = kind === 'run' ? runId.trim() !== '' && path.trim() !== '' : source !== '';
  const register = useMutation({
    mutationFn: () =>
      data(
        api().POST('/models/{name}/versions', {
          params: { path: { name } },
          body: { source, path: 'model', description: '', tags: {} },
        }),
      ),
    onSuccess: onDone,
    onError: (error) => onName(Problem.from(error).fields.name),
  });
  const problem = register.error ? Problem.from(register.error) : null;
  const fields = problem?.fields ?? {};
  const here = fields.source ?? fields.run_id ?? fields.path;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        register.mutate();
      }}
    >
      <Stack gap="lg">
        {kind === 'run' ? (
          <Group gap="md" align="flex-start" grow>
            <TextInput
              label="Run"
              description="Its id, 32 letters and digits"
              value={runId}
              onChange={(event) => {
                setRunId(event.currentTarget.value);
                onTyped({ run: event.currentTarget.value, path });
              }}
              error={fields.run_id ?? fields.source}
              required
            />
            <TextInput
              label="Path"
              description="Folder of the model below its artifacts"
              value={path}
              onChange={(event) => {
                setPath(event.currentTarget.value);
                onTyped({ run: runId, path: event.currentTarget.value });
              }}
              error={fields.path}
              required
            />
          </Group>
        ) : (
          <TextInput
            label="Address"
            description="In this studio: runs:/RUN/path, models:/NAME/3, models:/NAME@alias or models:/m-ID"
            placeholder="models:/titanic@champion"
            value={address}
            onChange={(event) => {
              setAddress(event.currentTarget.value);
              onTyped({ address: event.currentTarget.value });
            }}
            error={here}
            required
          />
        )}
        {problem && !here && !fields.name ? <ErrorState error={problem} inline /> : null}
        <Group>
          <Button
            type="submit"
            disabled={!may || !ready || name === '' || nameProblem(name) !== null}
            loading={register.isPending}
          >
            Register model
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
