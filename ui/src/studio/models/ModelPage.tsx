import { Button, Menu, Select, Tabs } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { bytes } from '@/kernel/format';
import { api } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { apiUrl, at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconDownload, IconRocket, IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { DetailsTab } from './DetailsTab';
import { FilesTab } from './FilesTab';
import { version as versionQuery, versions as versionsQuery, type ModelVersion } from './queries';
import { TABS } from './routes';
import { UseTab } from './UseTab';
import { VersionsTab } from './VersionsTab';

type Tab = (typeof TABS)[number];
interface Search {
  version?: number | undefined;
  tab?: Tab | undefined;
  sort?: string | undefined;
}
const LABELS: Record<Tab, string> = {
  details: 'Details',
  files: 'Files',
  use: 'Load it',
  versions: 'Versions',
};

export function ModelPage() {
  const { name } = useParams({ from: '/w/$ws/models/$name' });
  const search: Search = useSearch({ from: '/w/$ws/models/$name' });
  const navigate = useNavigate({ from: '/w/$ws/models/$name' });
  const query = useQuery(versionQuery(name, search.version));
  const all = useQuery(versionsQuery(name));
  const follow = useFollow();
  const deployHref = at(['endpoints', 'new'], {
    model: query.data ? `${name}:${query.data.version}` : name,
  });
  usePageActions(
    useMemo(
      () => [{ id: 'deploy', label: `Deploy ${name}`, key: 'd', run: () => follow(deployHref) }],
      [name, follow, deployHref],
    ),
  );
  const tab = search.tab ?? 'details';
  const latest = all.data?.[0]?.version;
  return (
    <Page
      title={name}
      header={
        <PageHeader
          title={name}
          facts={query.data ? <Facts version={query.data} /> : null}
          actions={
            <>
              <Select
                aria-label="Version"
                w={150}
                value={String(search.version ?? latest ?? '')}
                data={(all.data ?? []).map((it) => ({
                  value: String(it.version),
                  label: `Version ${it.version}`,
                }))}
                allowDeselect={false}
                onChange={(value) => {
                  const number = Number(value) === latest ? undefined : Number(value);
                  void navigate({ search: (old) => ({ ...old, version: number }) });
                }}
              />
              <More name={name} version={query.data} />
              <Button
                component="a"
                href={deployHref}
                onClick={(event) => follow(deployHref, event)}
                leftSection={<IconRocket size={16} aria-hidden />}
              >
                Deploy
              </Button>
            </>
          }
        />
      }
    >
      <Answer query={query}>
        {(it) => (
          <Tabs
            value={tab}
            onChange={(next) => {
              const wanted = next === 'details' ? undefined : (next as Tab);
              void navigate({ search: (old) => ({ ...old, tab: wanted }) });
            }}
          >
            <Tabs.List mb="lg" aria-label="Parts of the model">
              {TABS.map((one) => (
                <Tabs.Tab key={one} value={one}>
                  {LABELS[one]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value={tab}>
              {tab === 'files' ? (
                <FilesTab version={it} />
              ) : tab === 'use' ? (
                <UseTab version={it} />
              ) : tab === 'versions' ? (
                <VersionsTab name={name} current={it.version} />
              ) : (
                <DetailsTab version={it} />
              )}
            </Tabs.Panel>
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

function Facts({ version: it }: { version: ModelVersion }) {
  return (
    <>
      <span>Version {it.version}</span>
      {(it.aliases ?? []).length > 0 ? (
        <span>{(it.aliases ?? []).map((one) => `@${one}`).join(' ')}</span>
      ) : null}
      <span>{bytes(it.size)}</span>
      <span>
        registered <Time at={it.created_at} />
        {it.user ? ` by ${it.user}` : ''}
      </span>
    </>
  );
}

function More({ name, version: it }: { name: string; version: ModelVersion | undefined }) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  const follow = useFollow();
  const [deleting, setDeleting] = useState(false);
  const download = apiUrl(`/models/${encodeURIComponent(name)}/versions/${it?.version ?? 'latest'}/download`);
  const served = (it?.used_by ?? []).length > 0;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={download} leftSection={<IconDownload size={14} aria-hidden />}>
            Download as zip
          </Menu.Item>
          <Menu.Item
            color="red"
            disabled={!may || !it || served}
            title={served ? 'It is in use; delete the endpoint first' : undefined}
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete this version
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {it ? (
        <ConfirmByName
          opened={deleting}
          onClose={() => setDeleting(false)}
          name={`${name}:${it.version}`}
          verb="Delete"
          loss={`Version ${it.version} and its files disappear and cannot be brought back. Its run stays.`}
          onConfirm={async () => {
            await api().DELETE('/models/{name}/versions/{version}', {
              params: { path: { name, version: it.version } },
            });
            follow(at(['models']));
            await cache.invalidateQueries({ queryKey: ['models'] });
          }}
        />
      ) : null}
    </>
  );
}
