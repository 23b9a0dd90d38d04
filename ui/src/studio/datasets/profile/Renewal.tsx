import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Note } from '@/kit/Note';
import { ProgressBar } from '@/kit/ProgressBar';
import type { DatasetVersion, Profile } from '../types';

interface Asked {
  exact: boolean;
  target: string;
}

/** Computes the profile anew: exactly, or with a target whose leaks are looked for; shows how far that is. */
export function Renewal({ version, profile }: { version: DatasetVersion; profile: Profile }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const params = { path: { name: version.name, version: String(version.version) } };
  const done = () => cache.invalidateQueries({ queryKey: ['datasets'] });
  const start = useMutation({
    mutationFn: (body: Asked) =>
      data(api().POST('/datasets/{name}/versions/{version}/profile', { params, body })),
    onSuccess: done,
    onError: toastProblem,
  });
  const stop = useMutation({
    mutationFn: () => data(api().DELETE('/datasets/{name}/versions/{version}/profile', { params })),
    onSuccess: done,
    onError: toastProblem,
  });
  const update = version.profile.update;
  if (update) {
    return (
      <Stack gap="xs" maw={560}>
        <ProgressBar
          name={update.exact ? 'Exact profile' : 'New profile'}
          done={update.progress ?? 0}
          total={update.progress == null ? null : 1}
          unit={(share) => `${Math.round(share * 100)}%`}
          label={update.label || (update.exact ? 'Looking at all rows' : 'Looking')}
          startedAt={update.started_at ?? null}
        />
        <Group>
          <Button variant="default" size="compact-sm" disabled={!may} onClick={() => stop.mutate()}>
            Cancel
          </Button>
          <Text size="sm" c="dimmed">
            What is shown below stays until the new profile is there.
          </Text>
        </Group>
      </Stack>
    );
  }
  return (
    <>
      {version.profile.error ? (
        <Note tone="warning" title="The last update did not end">
          {version.profile.error}
        </Note>
      ) : null}
      <Group align="flex-end">
        <Select
          label="Target"
          placeholder="None named"
          description="Finds columns that give it away"
          searchable
          clearable
          size="xs"
          w={240}
          disabled={!may || start.isPending}
          value={profile.target || null}
          data={profile.columns.map((column) => column.name)}
          onChange={(target) => start.mutate({ exact: profile.sample.exact, target: target ?? '' })}
        />
        {profile.sample.exact ? null : (
          <Button
            variant="default"
            size="xs"
            disabled={!may}
            loading={start.isPending}
            onClick={() => start.mutate({ exact: true, target: profile.target ?? '' })}
          >
            Compute exactly
          </Button>
        )}
      </Group>
    </>
  );
}
