import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { list, version } from '../queries';
import { usePages } from '@/kernel/pages';
import { AlarmFields } from './AlarmFields';
import { BaselineFields } from './BaselineFields';
import { initial, settingsOf, type FormState } from './formState';
import { monitor as one, type Monitor } from './queries';
import { TargetFields } from './TargetFields';

/** A new monitor, or other settings of one: everything has a sensible default but the dataset. */
export function MonitorForm() {
  const search = useSearch({ from: '/w/$ws/datasets/monitors/new' });
  const found = useQuery({ ...one(search.edit ?? ''), enabled: search.edit !== undefined });
  const title = search.edit ? `Settings of ${search.edit}` : 'Watch a dataset for drift';
  return (
    <Page title={title} width="form" header={<PageHeader title={title} />}>
      <Denied permission="datasets.write" to="make drift monitors" />
      {search.edit ? (
        <Answer query={found}>
          {(it) => <Form key={it.settings_version} edit={it} dataset={undefined} />}
        </Answer>
      ) : (
        <Form edit={undefined} dataset={search.dataset} />
      )}
    </Page>
  );
}

function Form({ edit, dataset }: { edit: Monitor | undefined; dataset: string | undefined }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const [state, setState] = useState(() => initial(edit, dataset));
  const set = (change: Partial<FormState>) => setState((old) => ({ ...old, ...change }));
  const all = usePages(list(undefined));
  const chosen = useQuery({ ...version(state.dataset, undefined), enabled: state.dataset !== '' });
  const columns = useMemo(() => chosen.data?.table?.columns ?? [], [chosen.data]);
  const moments = columns.filter((column) => column.type === 'date' || column.type === 'datetime');
  const timestamp = state.timestamp || moments[0]?.name || '';
  const full = { ...state, timestamp };
  const save = useMutation({
    mutationFn: () => {
      const settings = settingsOf(full, edit);
      return edit
        ? data(
            api().PATCH('/datasets/monitors/{monitor}', {
              params: { path: { monitor: edit.name } },
              body: { settings },
            }),
          )
        : data(
            api().POST('/datasets/monitors', {
              body: { ...settings, name: state.name.trim(), description: '', enabled: true },
            }),
          );
    },
    onSuccess: (made) => {
      void cache.invalidateQueries({ queryKey: ['monitors'] });
      follow(at(['datasets', 'monitors', made.name]));
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  const fields = problem?.fields ?? {};
  const shownElsewhere = [
    'name',
    'features',
    'target.timestamp',
    'zone',
    'baseline.end',
    'baseline.timestamp',
  ];
  const names = (all.data ?? []).map((it) => it.name);
  const without = chosen.data && moments.length === 0;
  const parts = { state: full, set, fields };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="lg">
        <TargetFields
          {...parts}
          names={names}
          moments={moments.map((column) => column.name)}
          none={without ?? false}
          edit={edit !== undefined}
        />
        <BaselineFields {...parts} names={names} columns={columns.map((column) => column.name)} />
        <AlarmFields {...parts} edit={edit !== undefined} />
        {problem && !shownElsewhere.some((field) => field in fields) ? (
          <Note tone="warning" title={problem.detail}>
            {problem.hint}
          </Note>
        ) : null}
        {edit ? (
          <Text size="sm" c="dimmed">
            What was found stays as it was judged; the new settings count from the next window on.
          </Text>
        ) : null}
        <Group>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!state.dataset || !timestamp || !state.name.trim()}
          >
            {edit ? 'Save settings' : 'Watch for drift'}
          </Button>
          <Button
            variant="default"
            onClick={() =>
              follow(edit ? at(['datasets', 'monitors', edit.name]) : at(['datasets', 'monitors']))
            }
          >
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
