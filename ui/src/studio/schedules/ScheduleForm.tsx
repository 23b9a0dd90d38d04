import { Button, Group, Select, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { Denied } from '@/kit/Denied';
import { EmptyState } from '@/kit/EmptyState';
import { Link, useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { arrives, complete, initial, triggerOf, wholeFields, type FormState } from './formState';
import { schedule as one, targetOf, times, type ScheduleDetail, type Target } from './queries';
import { TargetFields } from './TargetFields';
import { There } from './There';
import { TimesTable } from './TimesTable';
import { TriggerFields } from './TriggerFields';

/** A new schedule of a run's like, or another time for one that there is. */
export function ScheduleForm() {
  const search = useSearch({ from: '/w/$ws/schedules/new' });
  const edit = useQuery({ ...one(search.edit ?? ''), enabled: search.edit !== undefined });
  const from = useQuery({ ...targetOf(search.from ?? ''), enabled: search.from !== undefined });
  const title = search.edit ? `Change ${search.edit}` : 'Schedule this';
  return (
    <Page title={title} width="form" header={<PageHeader title={title} />}>
      <Denied permission="schedules.write" to="make schedules" />
      {search.edit ? (
        <Answer query={edit}>{(found) => <Form key={found.updated_at} edit={found} />}</Answer>
      ) : search.from ? (
        <Answer query={from}>
          {(found) => <Form made={found.target} name={found.name} runId={search.from ?? ''} />}
        </Answer>
      ) : (
        <EmptyState title="Choose what is to run" code="studiolo apply -f schedule.yml">
          Open a pipeline or job that ran, and choose “Schedule this” below “Run again”.
        </EmptyState>
      )}
    </Page>
  );
}

interface Props {
  edit?: ScheduleDetail;
  made?: Target;
  name?: string;
  runId?: string;
}

const plain = (name: string): string => name.replaceAll(/[^\w.-]+/g, '-').replace(/^[.-]+/, '');

function Form({ edit, made, name = '', runId = '' }: Props) {
  const cache = useQueryClient();
  const follow = useFollow();
  const [state, setState] = useState(() => initial(edit, plain(name).slice(0, 80)));
  const set = (change: Partial<FormState>) => setState((old) => ({ ...old, ...change }));
  const [target, setTarget] = useState<Target | undefined>(edit?.target ?? made);
  const [changed, setChanged] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const how = {
        description: state.description,
        trigger: triggerOf(state),
        catch_up: state.catchUp,
        overlap: state.overlap,
      };
      if (edit)
        return data(
          api().PATCH('/schedules/{name}', {
            params: { path: { name: edit.name } },
            body: { ...how, ...(changed && target ? { target } : {}) },
          }),
        );
      if (!target) throw new Error('There is nothing to run.');
      return data(
        api().POST('/schedules', {
          body: { ...how, name: state.name.trim(), target, enabled: true },
        }),
      );
    },
    onSuccess: (found) => {
      void cache.invalidateQueries({ queryKey: ['schedules'] });
      follow(at(['schedules', found.name]));
    },
  });
  const [asked] = useDebouncedValue(triggerOf(state), 300);
  const preview = useQuery({ ...times(asked), enabled: complete(state) });
  const saved = save.error ? Problem.from(save.error) : null;
  const looked = preview.error ? Problem.from(preview.error) : null;
  const fields = { ...wholeFields(looked?.fields), ...wholeFields(saved?.fields) };
  const elsewhere =
    saved && !('name' in saved.fields || Object.keys(saved.fields).some((it) => it.startsWith('trigger.')));
  const waits = arrives(state.kind);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="lg">
        {edit ? null : (
          <>
            <Text size="sm">
              It runs the like of <Link href={at(['experiments', 'runs', runId])}>{name}</Link>: the same code
              and values. Data without a version are the newest then.
            </Text>
            <TextInput
              label="Name"
              required
              value={state.name}
              error={fields['name']}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
          </>
        )}
        <Textarea
          label="Description"
          autosize
          value={state.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
        />
        <TriggerFields state={state} set={set} fields={fields} />
        <Section title={waits ? 'There now' : 'Next times'}>
          {preview.data && !looked && complete(state) ? (
            waits ? (
              <There found={preview.data} taken={state.kind === 'files' && state.existing === 'take'} />
            ) : (
              <TimesTable times={preview.data.times} zone={preview.data.zone} />
            )
          ) : (
            <Text size="sm" c="dimmed" role="status">
              {looked
                ? `${looked.detail} ${looked.hint ?? ''}`
                : complete(state)
                  ? 'Looking…'
                  : 'Choose what it waits for.'}
            </Text>
          )}
        </Section>
        {target ? (
          <TargetFields
            target={target}
            trigger={state.kind}
            fields={fields}
            set={(now) => {
              setTarget(now);
              setChanged(true);
            }}
          />
        ) : null}
        <Select
          label="Of what was missed while the studio was away"
          allowDeselect={false}
          data={[
            { value: 'one', label: 'the newest runs' },
            { value: 'none', label: 'none runs' },
            { value: 'all', label: 'all run, one after the other (at most 100)' },
          ]}
          value={state.catchUp}
          onChange={(catchUp) => set({ catchUp: (catchUp ?? 'one') as FormState['catchUp'] })}
        />
        <Select
          label="While an earlier run has not ended"
          allowDeselect={false}
          data={[
            { value: 'skip', label: 'leave out what comes' },
            { value: 'queue', label: 'wait for its end' },
            { value: 'allow', label: 'run both' },
          ]}
          value={state.overlap}
          onChange={(overlap) => set({ overlap: (overlap ?? 'skip') as FormState['overlap'] })}
        />
        <Text size="sm" c="dimmed">
          It runs with your rights, for as long as you have them.
        </Text>
        {elsewhere ? (
          <Note tone="warning" title={saved.detail}>
            {saved.hint}
          </Note>
        ) : null}
        <Group>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={!state.name.trim() || !complete(state) || looked !== null}
          >
            {edit ? 'Save' : 'Schedule'}
          </Button>
          <Button variant="default" onClick={() => follow(at(['schedules', ...(edit ? [edit.name] : [])]))}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
