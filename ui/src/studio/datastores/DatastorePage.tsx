import { Badge, Button, Menu, Tabs } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { ConfirmByName, toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconRefresh, IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { CheckBadge } from './CheckBadge';
import { FilesTab } from './files/FilesTab';
import { TriedNote } from './form/Tried';
import { datastore, type Datastore } from './queries';
import { TABS } from './routes';
import { SettingsTab } from './SettingsTab';
import { TablesTab } from './tables/TablesTab';
import { UsedTab } from './UsedTab';

const NAMES: Record<(typeof TABS)[number], string> = {
  files: 'Files',
  tables: 'Tables',
  settings: 'Settings',
  used: 'Where used',
};

/** One datastore: its files or tables, its settings, and what points at it. */
export function DatastorePage() {
  const { name } = useParams({ from: '/w/$ws/datastores/$name' });
  const search = useSearch({ from: '/w/$ws/datastores/$name' });
  const navigate = useNavigate({ from: '/w/$ws/datastores/$name' });
  const query = useQuery(datastore(name));
  const may = useMay('datastores.write');
  const it = query.data;
  const first = it?.family === 'sql' ? 'tables' : it && it.family !== 'files' ? 'settings' : 'files';
  return (
    <Page title={name} header={<Header name={name} it={it} />}>
      <Answer query={query}>
        {(store) => (
          <>
            {store.check && !store.check.ok ? (
              <TriedNote
                state={store.check}
                mend={
                  may && !store.built_in && (search.tab ?? first) !== 'settings' ? (
                    <Button
                      size="compact-sm"
                      variant="default"
                      mt="xs"
                      onClick={() =>
                        void navigate({
                          search: (old) => ({ ...old, tab: 'settings' as const }),
                          replace: true,
                        })
                      }
                    >
                      Change the settings
                    </Button>
                  ) : null
                }
              />
            ) : null}
            <Tabs
              value={search.tab ?? first}
              onChange={(tab) => {
                const chosen = TABS.find((known) => known === tab && known !== first);
                void navigate({ search: (old) => ({ ...old, tab: chosen }), replace: true });
              }}
            >
              <Tabs.List mb="md">
                {TABS.filter((tab) => (tab !== 'files' && tab !== 'tables') || tab === first).map((tab) => (
                  <Tabs.Tab key={tab} value={tab}>
                    {NAMES[tab]}
                  </Tabs.Tab>
                ))}
              </Tabs.List>
              <Tabs.Panel value="files">
                <FilesTab store={store} search={search} />
              </Tabs.Panel>
              <Tabs.Panel value="tables">
                <TablesTab store={store} search={search} />
              </Tabs.Panel>
              <Tabs.Panel value="settings">
                <SettingsTab key={store.updated_at ?? ''} store={store} />
              </Tabs.Panel>
              <Tabs.Panel value="used">
                <UsedTab name={store.name} />
              </Tabs.Panel>
            </Tabs>
          </>
        )}
      </Answer>
    </Page>
  );
}

function Header({ name, it }: { name: string; it: Datastore | undefined }) {
  const may = useMay('datastores.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const refresh = () => cache.invalidateQueries({ queryKey: ['datastores'] });
  const check = useMutation({
    mutationFn: () => data(api().POST('/datastores/{name}/check', { params: { path: { name } } })),
    onSuccess: refresh,
    onError: toastProblem,
  });
  const choose = useMutation({
    mutationFn: () => data(api().POST('/datastores/{name}/default', { params: { path: { name } } })),
    onSuccess: refresh,
    onError: toastProblem,
  });
  const tryIt = check.mutate;
  const actions = useMemo(
    () => [{ id: 'check', label: `Test the connection of ${name}`, key: 't', run: () => tryIt() }],
    [name, tryIt],
  );
  usePageActions(actions);
  const changeable = it && !it.built_in;
  const canDefault = it && may && !it.default && it.family === 'files';
  return (
    <>
      <PageHeader
        title={name}
        lead={it?.description}
        facts={
          it ? (
            <>
              <span>{it.kind_title}</span>
              {it.default ? <Badge size="sm">Default</Badge> : null}
              {it.read_only ? (
                <Badge size="sm" color="gray">
                  Read-only
                </Badge>
              ) : null}
              {it.built_in ? null : <CheckBadge check={it.check} />}
              <span>{it.location}</span>
            </>
          ) : null
        }
        actions={
          <>
            {canDefault || (changeable && may) ? (
              <Menu position="bottom-end">
                <Menu.Target>
                  <Button variant="default" rightSection={<IconChevronDown size={14} />}>
                    More
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {canDefault ? (
                    <Menu.Item onClick={() => choose.mutate()}>Make it the default</Menu.Item>
                  ) : null}
                  {changeable ? (
                    <Menu.Item
                      color="red"
                      leftSection={<IconTrash size={14} />}
                      onClick={() => setDeleting(true)}
                    >
                      Delete
                    </Menu.Item>
                  ) : null}
                </Menu.Dropdown>
              </Menu>
            ) : null}
            {it?.family === 'blobs' ? null : (
              <Button
                variant="default"
                leftSection={<IconRefresh size={14} aria-hidden />}
                loading={check.isPending}
                onClick={() => check.mutate()}
              >
                Test connection
              </Button>
            )}
          </>
        }
      />
      {check.data?.ok ? (
        <Note tone="good" title={`The connection works (${Math.round(check.data.milliseconds ?? 0)} ms).`} />
      ) : null}
      <ConfirmByName
        opened={deleting}
        onClose={() => setDeleting(false)}
        name={name}
        verb="Delete"
        loss="The studio forgets the datastore and its credentials for good. What is in it stays where it is."
        onConfirm={async () => {
          await api().DELETE('/datastores/{name}', { params: { path: { name } } });
          follow(at(['datastores']));
          await refresh();
        }}
      />
    </>
  );
}
