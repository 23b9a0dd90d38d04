import { Button, Menu, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { ConfirmByName, toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconTrash } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { machines } from '../machines/queries';
import { NodeLogs } from '../nodelogs/NodeLogs';
import type { LogSearch } from '../nodelogs/queries';
import { Waiting } from '../Waiting';
import classes from '../compute.module.css';
import { ClusterState } from './ClusterList';
import { Nodes } from './Nodes';
import { Failed } from './Failed';
import { asText } from './programs';
import { cluster, hours, money, type Cluster } from './queries';
import { Resize } from './Resize';
import { Usage } from './Usage';

/** One cluster: its nodes, what runs and waits, hours and cost. */
export function ClusterPage() {
  const { name } = useParams({ from: '/w/$ws/compute/$name' });
  const search = useSearch({ from: '/w/$ws/compute/$name' });
  const navigate = useNavigate({ from: '/w/$ws/compute/$name' });
  const change = (next: LogSearch) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true, resetScroll: false });
  const query = useQuery(cluster(name));
  // a run names its compute, whatever that is: an attached machine has a page of its own
  const attached = useQuery({ ...machines, enabled: query.isError });
  if (attached.data?.some((one) => one.name === name))
    return <Navigate to={at(['compute', 'machines', name])} replace />;
  return (
    <Page title={name} header={<Header name={name} it={query.data} />}>
      <Answer query={query}>
        {(it) => (
          <div className={classes.stack}>
            {it.held_back ? (
              <Note tone="warning" title="Nodes are missing">
                {it.held_back}.
              </Note>
            ) : null}
            <Failed it={it} />
            <Section title="Nodes">
              <Nodes cluster={it} />
            </Section>
            <Section title="Waiting">
              <Waiting compute={it.name} />
            </Section>
            <NodeLogs key={it.name} name={it.name} search={search} change={change} />
            <Usage name={it.name} priced={it.price_per_hour > 0 || it.cost > 0} />
            <Section title="Settings">
              <Facts it={it} />
            </Section>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Facts({ it }: { it: Cluster }) {
  return (
    <KeyValue
      items={[
        ['Size', it.size || null],
        ['A node has', nodeHas(it)],
        ['Nodes', `${it.min_nodes} to ${it.max_nodes}`],
        ['A node goes after', `${it.idle_seconds} s idle`],
        ['Resume program', it.scripts ? asText(it.scripts.resume) : null],
        ['Suspend program', it.scripts ? asText(it.scripts.suspend) : null],
        ['Private key', it.scripts ? `secret ${it.scripts.key}` : null],
        ['Ray', it.ray ? it.ray.address : null],
        ['Reached at', it.ray ? it.ray.host || 'this machine' : null],
        ['Folder of its nodes', it.ray ? it.ray.folder : null],
        ['Tier', it.tier === 'low_priority' ? 'Low priority: its jobs make room for others' : 'Dedicated'],
        ['Price of a node', it.price_per_hour ? `${money(it.price_per_hour)} per hour` : null],
        ['Node hours', hours(it.node_hours)],
        ['Cost so far', it.cost ? money(it.cost) : null],
        ['Made by', it.created_by],
      ]}
    />
  );
}

function nodeHas(it: Cluster): string {
  const has = [`${count(it.cores)} ${it.cores === 1 ? 'core' : 'cores'}`, bytes(it.memory_bytes)];
  if (it.gpus) has.push(it.gpus === 1 ? '1 GPU' : `${it.gpus} GPUs`);
  return has.join(', ');
}

function Header({ name, it }: { name: string; it: Cluster | undefined }) {
  const may = useMay('compute.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [resizing, setResizing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const stop = useMutation({
    mutationFn: () =>
      data(
        api().PATCH('/compute/clusters/{name}', {
          params: { path: { name } },
          body: { min_nodes: 0, max_nodes: 0 },
        }),
      ),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['compute'] }),
    onError: toastProblem,
  });
  return (
    <>
      <PageHeader
        title={name}
        lead={it?.description}
        facts={
          it ? (
            <>
              <ClusterState cluster={it} />
              <span>
                {it.nodes_up} of {it.max_nodes} nodes up
              </span>
              <span>{it.title}</span>
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
                  {it.max_nodes > 0 ? (
                    <Menu.Item onClick={() => stop.mutate()}>
                      Stop: no nodes once its jobs have ended
                    </Menu.Item>
                  ) : null}
                  <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={14} />}
                    disabled={it.jobs_running > 0}
                    onClick={() => setDeleting(true)}
                  >
                    {it.jobs_running > 0 ? 'Delete (jobs run on it)' : 'Delete'}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
              <Button onClick={() => setResizing(true)}>{it.max_nodes ? 'Resize' : 'Start'}</Button>
            </>
          ) : !may && it ? (
            <Text size="sm" c="dimmed">
              Changing it needs the role Compute Operator.
            </Text>
          ) : null
        }
      />
      {it && resizing ? <Resize it={it} onClose={() => setResizing(false)} /> : null}
      {it ? (
        <ConfirmByName
          opened={deleting}
          onClose={() => setDeleting(false)}
          name={name}
          verb="Delete"
          loss="Its nodes and their history go. What its runs have cost stays known; jobs that wait for it never start."
          onConfirm={async () => {
            await data(api().DELETE('/compute/clusters/{name}', { params: { path: { name } } }));
            follow(at(['compute']));
            await cache.invalidateQueries({ queryKey: ['compute'] });
          }}
        />
      ) : null}
    </>
  );
}
