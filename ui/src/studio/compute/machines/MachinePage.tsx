import { Button, Menu, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { ConfirmByName, toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconRefresh, IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import classes from '../compute.module.css';
import { NodeLogs } from '../nodelogs/NodeLogs';
import type { LogSearch } from '../nodelogs/queries';
import { Waiting } from '../Waiting';
import { Change } from './Change';
import { Facts, where } from './Facts';
import { Jobs } from './Jobs';
import { MachineState } from './MachineList';
import { Nodes } from './Nodes';
import { machine, type Machine } from './queries';
import { Tried } from './Tried';

/** Kinds that tell of no nodes. */
const NODELESS: ReadonlySet<string> = new Set(['ssh', 'spark', 'databricks']);

/** One attached machine: whether it answers, what runs and waits. */
export function MachinePage() {
  const { name } = useParams({ from: '/w/$ws/compute/machines/$name' });
  const search = useSearch({ from: '/w/$ws/compute/machines/$name' });
  const navigate = useNavigate({ from: '/w/$ws/compute/machines/$name' });
  const change = (next: LogSearch) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const query = useQuery(machine(name));
  return (
    <Page title={name} header={<Header name={name} it={query.data} />}>
      <Answer query={query}>
        {(it) => (
          <div className={classes.stack}>
            {it.silent_reason ? (
              <Note tone="warning" title="It does not answer">
                {it.silent_reason} Its jobs are not harmed: they go on, and are brought back when it answers
                again. No new ones are sent there.
              </Note>
            ) : null}
            <Section title="Running now">
              <Jobs it={it} />
            </Section>
            <Section title="Waiting">
              <Waiting compute={it.name} />
            </Section>
            {NODELESS.has(it.kind) ? null : (
              <Section title="Nodes">
                <Nodes name={it.name} />
              </Section>
            )}
            <NodeLogs key={it.name} name={it.name} machine search={search} change={change} />
            <Section title="Connection">
              {it.check ? (
                <>
                  <Tried check={it.check} />
                  <Text size="xs" c="dimmed">
                    Tried <Time at={it.check.at ?? null} />
                  </Text>
                </>
              ) : (
                <Text size="sm" c="dimmed">
                  Not tried since it was changed.
                </Text>
              )}
            </Section>
            <Section title="Settings">
              <Facts it={it} />
            </Section>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Header({ name, it }: { name: string; it: Machine | undefined }) {
  const may = useMay('compute.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [changing, setChanging] = useState(false);
  const [detaching, setDetaching] = useState(false);
  const params = { path: { name } };
  const check = useMutation({
    mutationFn: () => data(api().POST('/compute/machines/{name}/check', { params })),
    onSettled: () => cache.invalidateQueries({ queryKey: ['compute'] }),
    onError: toastProblem,
  });
  const busy = (it?.jobs.length ?? 0) > 0;
  return (
    <>
      <PageHeader
        title={name}
        lead={it?.description}
        facts={
          it ? (
            <>
              <MachineState machine={it} />
              <span>{where(it)}</span>
            </>
          ) : null
        }
        actions={
          it && may ? (
            <>
              <Menu position="bottom-end">
                <Menu.Target>
                  <Button variant="default" rightSection={<IconChevronDown size={14} />}>
                    More
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => setChanging(true)}>Change</Menu.Item>
                  <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={14} />}
                    onClick={() => setDetaching(true)}
                  >
                    Detach
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
              <Button
                leftSection={<IconRefresh size={14} aria-hidden />}
                loading={check.isPending}
                onClick={() => check.mutate()}
              >
                Test connection
              </Button>
            </>
          ) : it ? (
            <Text size="sm" c="dimmed">
              Changing it needs the role Compute Operator.
            </Text>
          ) : null
        }
      />
      {it && changing ? <Change it={it} onClose={() => setChanging(false)} /> : null}
      {it ? (
        <ConfirmByName
          opened={detaching}
          onClose={() => setDetaching(false)}
          name={name}
          verb="Detach"
          loss={
            busy
              ? 'Jobs run on it: they may go on there, and are recorded as lost here. Nothing on the machine is deleted.'
              : 'The studio forgets it and its credentials. Detach is not delete: nothing on the machine is deleted.'
          }
          onConfirm={async () => {
            await data(
              api().DELETE('/compute/machines/{name}', { params: { ...params, query: { force: busy } } }),
            );
            follow(at(['compute']));
            await cache.invalidateQueries({ queryKey: ['compute'] });
          }}
        />
      ) : null}
    </>
  );
}
