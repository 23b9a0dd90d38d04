import { Button, Menu, Select, Stack, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { usePages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { IconChevronDown, IconPencil, IconPlay, IconRefresh, IconTrash } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { BackfillDialog, Backfills } from './BackfillDialog';
import { MagnitudeChart } from './MagnitudeChart';
import { monitor as one, windows as listed, type Monitor, type WindowResult } from './queries';
import { stateOf, windowName, windowState } from './words';
import { WindowView } from './WindowView';

/** One monitor: its magnitude over time, the window that is chosen, every feature of it. */
export function MonitorPage() {
  const { monitor: name } = useParams({ from: '/w/$ws/datasets/monitors/$monitor' });
  const found = useQuery(one(name));
  return (
    <Page title={name} header={found.data ? <Header monitor={found.data} /> : <PageHeader title={name} />}>
      <Answer query={found}>{(monitor) => <Windows monitor={monitor} />}</Answer>
    </Page>
  );
}

function Header({ monitor }: { monitor: Monitor }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const may = useMay('datasets.write');
  const search = useSearch({ from: '/w/$ws/datasets/monitors/$monitor' });
  const [filling, setFilling] = useState(false);
  const refresh = () => cache.invalidateQueries({ queryKey: ['monitors'] });
  const path = { monitor: monitor.name };
  const run = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datasets/monitors/{monitor}/windows', {
          params: { path },
          body: { moment: search.window ?? null },
        }),
      ),
    onError: toastProblem,
    onSettled: refresh,
  });
  const pause = useMutation({
    mutationFn: (enabled: boolean) =>
      data(api().PATCH('/datasets/monitors/{monitor}', { params: { path }, body: { enabled } })),
    onError: toastProblem,
    onSettled: refresh,
  });
  const remove = () => {
    follow(at(['datasets', 'monitors']));
    withUndo(
      `Monitor ${monitor.name} deleted`,
      () => api().DELETE('/datasets/monitors/{monitor}', { params: { path } }).then(refresh),
      () => follow(at(['datasets', 'monitors', monitor.name])),
    );
  };
  const state = stateOf(monitor);
  const target = monitor.settings.target.dataset;
  const base = monitor.settings.baseline;
  return (
    <>
      <PageHeader
        title={monitor.name}
        lead={monitor.description || null}
        facts={
          <>
            <StatusBadge state={monitor.state} tone={state.tone} label={state.label} title={state.says} />
            <span>
              each {monitor.settings.frequency ?? 'day'} of{' '}
              <Link href={at(['datasets', target], { tab: 'drift' })}>{target}</Link>
            </span>
            <span>
              beside{' '}
              <Link
                href={at(['datasets', base.dataset], { version: base.version })}
              >{`${base.dataset}:${base.version}`}</Link>
            </span>
            <span>
              by {monitor.created_by} <Time at={monitor.created_at} />
            </span>
          </>
        }
        actions={
          <>
            <Switch
              label="Enabled"
              checked={monitor.enabled}
              disabled={!may || pause.isPending}
              onChange={(event) => pause.mutate(event.currentTarget.checked)}
            />
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={14} />}>
                  More
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<IconRefresh size={14} />}
                  disabled={!may}
                  onClick={() => setFilling(true)}
                >
                  Backfill
                </Menu.Item>
                <Menu.Item
                  leftSection={<IconPencil size={14} />}
                  disabled={!may}
                  onClick={() => follow(at(['datasets', 'monitors', 'new'], { edit: monitor.name }))}
                >
                  Change settings
                </Menu.Item>
                <Menu.Item color="red" leftSection={<IconTrash size={14} />} disabled={!may} onClick={remove}>
                  Delete
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
            <Button
              leftSection={<IconPlay size={16} />}
              disabled={!may}
              loading={run.isPending}
              onClick={() => run.mutate()}
            >
              {search.window ? 'Run this window again' : 'Run now'}
            </Button>
          </>
        }
      />
      <BackfillDialog monitor={monitor} opened={filling} onClose={() => setFilling(false)} />
    </>
  );
}

function Windows({ monitor }: { monitor: Monitor }) {
  const search = useSearch({ from: '/w/$ws/datasets/monitors/$monitor' });
  const navigate = useNavigate({ from: '/w/$ws/datasets/monitors/$monitor' });
  const found = usePages(listed(monitor.name));
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const chosen = useMemo(() => {
    const all = found.data ?? [];
    const asked = search.window ? new Date(search.window).getTime() : null;
    return all.find((it) => new Date(it.start).getTime() === asked) ?? (asked === null ? all[0] : undefined);
  }, [found.data, search.window]);
  return (
    <Stack>
      <Backfills monitor={monitor} />
      <Answer query={found}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState
              title="No window has been looked at yet"
              code={{
                'Command line': `studiolo datasets monitors backfill ${monitor.name} 2026-01-01 2026-02-01`,
              }}
            >
              {monitor.enabled && monitor.next_at
                ? `The first one is looked at ${new Date(monitor.next_at).toLocaleString('en-GB')}. Run one now, or backfill windows of the past.`
                : 'The monitor is paused. Run one now, or backfill windows of the past.'}
            </EmptyState>
          ) : (
            <>
              <MagnitudeChart
                monitor={monitor}
                windows={all}
                chosen={chosen?.start}
                onPick={(it) => set({ window: it.start, feature: undefined })}
              />
              <Picker
                monitor={monitor}
                all={all}
                chosen={chosen}
                onChoose={(start) => set({ window: start, feature: undefined })}
              />
              {chosen ? (
                <WindowView
                  monitor={monitor}
                  window={chosen}
                  feature={search.feature}
                  sort={search.sort}
                  onSearch={set}
                />
              ) : null}
            </>
          )
        }
      </Answer>
    </Stack>
  );
}

interface PickerProps {
  monitor: Monitor;
  all: WindowResult[];
  chosen: WindowResult | undefined;
  onChoose: (start: string | undefined) => void;
}

function Picker({ monitor, all, chosen, onChoose }: PickerProps) {
  const { frequency = 'day', zone = 'UTC' } = monitor.settings;
  return (
    <Select
      label="Window"
      w={320}
      searchable
      value={chosen?.start ?? null}
      placeholder="This window has not been looked at"
      data={all.map((it) => ({
        value: it.start,
        label: `${windowName(it.start, frequency, zone)} · ${windowState(it).label}`,
      }))}
      onChange={(value) => onChoose(value && value !== all[0]?.start ? value : undefined)}
      allowDeselect={false}
      limit={400}
    />
  );
}
