import { Button, Menu, Switch, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { count } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconPencil, IconTrash } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Link, useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { FiringList } from './FiringList';
import { arrives } from './formState';
import { RunNow } from './RunNow';
import { schedule as one, type ScheduleDetail } from './queries';
import { inputsOf, SETTINGS } from './targets';
import { TimesTable } from './TimesTable';
import { stateOf } from './words';

const WHAT: Record<string, string> = {
  pipeline: 'Pipeline',
  job: 'Job',
  published: 'Published pipeline',
  automl: 'AutoML',
};
const CATCH_UP = {
  one: 'the newest of them runs',
  none: 'none of them runs',
  all: 'all run, one after the other, at most the newest 100',
};
const OVERLAP = {
  skip: 'what comes is left out',
  queue: 'what comes waits for its end',
  allow: 'both run',
};

/** One schedule: its next times, what came of those before, and what it runs. */
export function SchedulePage() {
  const { name } = useParams({ from: '/w/$ws/schedules/$name' });
  const found = useQuery(one(name));
  return (
    <Page title={name} header={found.data ? <Head schedule={found.data} /> : <PageHeader title={name} />}>
      <Answer query={found}>{(schedule) => <Body schedule={schedule} />}</Answer>
    </Page>
  );
}

function Head({ schedule }: { schedule: ScheduleDetail }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const may = useMay('schedules.write');
  const params = { path: { name: schedule.name } };
  const refresh = () => cache.invalidateQueries({ queryKey: ['schedules'] });
  const rest = useMutation({
    mutationFn: (enabled: boolean) =>
      data(
        enabled
          ? api().POST('/schedules/{name}/resume', { params })
          : api().POST('/schedules/{name}/pause', { params }),
      ),
    onError: toastProblem,
    onSettled: refresh,
  });
  const remove = () => {
    follow(at(['schedules']));
    withUndo(
      `Schedule ${schedule.name} deleted; its runs stay`,
      () => api().DELETE('/schedules/{name}', { params }).then(refresh),
      () => follow(at(['schedules', schedule.name])),
    );
  };
  return (
    <PageHeader
      title={schedule.name}
      lead={schedule.description || undefined}
      facts={
        <>
          <StatusBadge state={schedule.state} {...stateOf(schedule)} />
          <span>{schedule.says}</span>
          <span>{schedule.zone}</span>
          <span>
            by {schedule.created_by} <Time at={schedule.created_at} />
          </span>
        </>
      }
      actions={
        <>
          <Switch
            label="Enabled"
            checked={schedule.enabled}
            disabled={!may || rest.isPending}
            onChange={(event) => rest.mutate(event.currentTarget.checked)}
          />
          <Menu position="bottom-end">
            <Menu.Target>
              <Button
                variant="default"
                disabled={!may}
                title={may ? undefined : 'Your role may not change schedules'}
                rightSection={<IconChevronDown size={14} aria-hidden />}
              >
                More
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                leftSection={<IconPencil size={14} aria-hidden />}
                onClick={() => follow(at(['schedules', 'new'], { edit: schedule.name }))}
              >
                Change
              </Menu.Item>
              <Menu.Item color="red" leftSection={<IconTrash size={14} aria-hidden />} onClick={remove}>
                Delete
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
          <RunNow schedule={schedule} />
        </>
      }
    />
  );
}

function Body({ schedule }: { schedule: ScheduleDetail }) {
  return (
    <>
      {schedule.trouble ? (
        <Note tone="warning" title="It does not run">
          {schedule.trouble}
        </Note>
      ) : null}
      {arrives(schedule.trigger.kind) ? (
        <Arrivals schedule={schedule} />
      ) : (
        <Section title="Next times">
          <NextTimes schedule={schedule} />
        </Section>
      )}
      <Section title="History">
        <FiringList schedule={schedule} />
      </Section>
      <Section title="What it runs">
        <KeyValue
          items={[
            [WHAT[schedule.what] ?? schedule.what, schedule.target_name],
            ['Experiment', schedule.experiment],
            ['With the rights of', schedule.runs_as],
            ...inputsOf(schedule.target).map((input): [string, ReactNode] => [
              schedule.what === 'automl' ? (SETTINGS[input.name] ?? input.name) : input.name,
              schedule.what === 'automl' && input.name === 'dataset' ? (
                <LearnedFrom key="dataset" reference={input.text} />
              ) : (
                input.text
              ),
            ]),
            ['Of what was missed while the studio was away', CATCH_UP[schedule.catch_up]],
            ['While an earlier run goes on', OVERLAP[schedule.overlap]],
          ]}
        />
      </Section>
    </>
  );
}

/** The dataset that it learns from; one that a trigger brings is not known yet. */
function LearnedFrom({ reference }: { reference: string }) {
  const [, name, version] = /^([\w.-]+)(?::(\d+))?(?:@.*)?$/.exec(reference) ?? [];
  if (!name) return <>{reference}</>;
  return (
    <>
      <Link href={at(['datasets', name], { version })}>{reference}</Link>
      {version ? null : ', the newest version each time'}
    </>
  );
}

function NextTimes({ schedule }: { schedule: ScheduleDetail }) {
  const coming = schedule.next ?? [];
  if (coming.length > 0) return <TimesTable times={coming} zone={schedule.zone} />;
  return (
    <Text size="sm" c="dimmed">
      {schedule.enabled
        ? 'No time is left: its end has come.'
        : 'It is paused. Enabled again it goes on from then; the times of its rest are not made up for.'}
    </Text>
  );
}

/** What it waits for, and how looking for it stands. */
function Arrivals({ schedule }: { schedule: ScheduleDetail }) {
  const trigger = schedule.trigger;
  const pending = schedule.pending ?? 0;
  return (
    <Section title="Waits for">
      <Text size="sm">{schedule.says}</Text>
      {schedule.enabled ? null : (
        <Text size="sm" c="dimmed">
          It is paused. Enabled again it goes on from then; what comes meanwhile{' '}
          {trigger.kind === 'files' && trigger.existing === 'take' ? 'is taken' : 'is left alone'}.
        </Text>
      )}
      {trigger.kind === 'files' && schedule.looked_at ? (
        <Text size="sm" c="dimmed">
          Looks every {trigger.interval ?? 60} seconds, last <Time at={schedule.looked_at} />
          {pending > 0 ? `; ${count(pending)} arrived and wait for their turn` : ''}
        </Text>
      ) : null}
    </Section>
  );
}
