import { Select, Tabs, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { apiUrl, at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { IconWand } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { MayLink } from '@/kit/MayLink';
import { Lineage } from '@/kit/lineage/Lineage';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { TagChips } from '@/kit/TagChips';
import { ConsumeTab } from './consume/ConsumeTab';
import { ExploreTab } from './explore/ExploreTab';
import { Facts } from './Facts';
import { FilesTab } from './files/FilesTab';
import { GalleryView } from './images/GalleryView';
import { DriftTab } from './monitors/DriftTab';
import { MoreMenu } from './MoreMenu';
import { ProfileTab } from './ProfileTab';
import { QualityTab } from './quality/QualityTab';
import { dataset, lineage, version, versions } from './queries';
import { TABS } from './routes';
import type { DatasetVersion } from './types';
import { useDeletion } from './versions/deletion';
import { VersionsTab } from './versions/VersionsTab';
import { changeDataset } from './versions/queries';
import { withChange } from './versions/words';

const OF_TABLES = new Set<(typeof TABS)[number]>(['explore', 'quality', 'drift']);

const NAMES: Record<(typeof TABS)[number], string> = {
  explore: 'Explore',
  profile: 'Profile',
  quality: 'Quality',
  drift: 'Drift',
  lineage: 'Lineage',
  versions: 'Versions',
  files: 'Files',
  consume: 'Consume',
};

export function DatasetPage() {
  const { name } = useParams({ from: '/w/$ws/datasets/$name' });
  const search = useSearch({ from: '/w/$ws/datasets/$name' });
  const navigate = useNavigate({ from: '/w/$ws/datasets/$name' });
  const follow = useFollow();
  const chosen = useQuery(version(name, search.version));
  const all = useQuery(versions(name));
  const about = useQuery(dataset(name));
  const mayWrite = useMay('datasets.write');
  const mayTrain = useMay('automl.write');
  const remove = useDeletion(name);
  const cache = useQueryClient();

  const number = chosen.data?.version;
  const files = chosen.data?.kind === 'file';
  const tabs = TABS.filter((tab) => !files || !OF_TABLES.has(tab));
  const hrefs = useMemo(
    () => ({
      train: at(['automl', 'new'], { dataset: number ? `${name}:${number}` : name }),
      upload: at(['datasets', '-', 'new'], { name }),
      mltable: apiUrl(`/datasets/${encodeURIComponent(name)}/versions/${number ?? 'latest'}/mltable`),
      download: apiUrl(`/datasets/${encodeURIComponent(name)}/versions/${number ?? 'latest'}/content`),
    }),
    [name, number],
  );
  const actions = useMemo(
    () => [
      ...(mayTrain && !files
        ? [{ id: 'train', label: `Train models on ${name}`, key: 't', run: () => follow(hrefs.train) }]
        : []),
      ...(mayWrite
        ? [
            {
              id: 'upload',
              label: `Make a new version of ${name}`,
              key: 'u',
              run: () => follow(hrefs.upload),
            },
          ]
        : []),
    ],
    [name, hrefs, follow, mayTrain, mayWrite, files],
  );
  usePageActions(actions);

  // "new" was the wizard's address; a dataset of that name comes first
  const wizard = name === 'new' && about.error !== null && Problem.from(about.error).status === 404;
  useEffect(() => {
    if (wizard) void navigate({ to: '/w/$ws/datasets/-/new', search: { name: search.name }, replace: true });
  }, [wizard, navigate, search.name]);

  const set = (change: Partial<typeof search>) =>
    // the router would put a table that goes to a row back to where it was
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const header = (
    <PageHeader
      title={name}
      lead={about.data?.description}
      facts={chosen.data ? <Facts version={chosen.data} /> : null}
      actions={
        <>
          {all.data && all.data.length > 1 && number ? (
            <Select
              aria-label="Version"
              w={130}
              value={String(number)}
              data={all.data.map((item) => ({
                value: String(item.version),
                label: `Version ${item.version}`,
              }))}
              onChange={(value) =>
                set({
                  version: value && Number(value) !== all.data[0]?.version ? Number(value) : undefined,
                  column: undefined,
                })
              }
              allowDeselect={false}
            />
          ) : null}
          <MoreMenu
            hrefs={hrefs}
            table={!files}
            onUpload={() => follow(hrefs.upload)}
            onDelete={() => void remove()}
          />
          {files ? null : (
            <MayLink
              permission="automl.write"
              to="train models"
              href={hrefs.train}
              leftSection={<IconWand size={16} aria-hidden />}
            >
              Train models
            </MayLink>
          )}
        </>
      }
    />
  );
  return (
    <Page title={name} header={header}>
      {about.data ? (
        <TagChips
          compact
          tags={about.data.tags ?? {}}
          may={mayWrite}
          save={async (change) => {
            const now = await cache.fetchQuery(dataset(name));
            await changeDataset(name, { tags: withChange(now.tags ?? {}, change) });
            await cache.invalidateQueries({ queryKey: ['datasets'] });
          }}
        />
      ) : null}
      <Answer query={chosen}>
        {(data) => (
          <Tabs
            value={search.tab ?? (files ? 'files' : 'explore')}
            onChange={(tab) => set({ tab: TABS.find((known) => known === tab && known !== 'explore') })}
          >
            <Tabs.List mb="md">
              {tabs.map((tab) => (
                <Tabs.Tab key={tab} value={tab}>
                  {NAMES[tab]}
                  {tab === 'versions' && all.data ? (
                    <Text span size="xs" c="dimmed">{` ${all.data.length}`}</Text>
                  ) : null}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value="explore">
              <ExploreTab version={data} search={search} onSearch={set} />
            </Tabs.Panel>
            <Tabs.Panel value="profile">
              <ProfileTab version={data} search={search} onSearch={set} />
            </Tabs.Panel>
            <Tabs.Panel value="quality">
              <QualityTab version={data} check={search.check} onSearch={set} />
            </Tabs.Panel>
            <Tabs.Panel value="drift">
              <DriftTab dataset={name} />
            </Tabs.Panel>
            <Tabs.Panel value="lineage">
              <LineageTab version={data} />
            </Tabs.Panel>
            <Tabs.Panel value="versions">
              <VersionsTab
                name={name}
                items={all.data ?? []}
                about={about.data}
                selected={search.pair ?? []}
                onSelect={(pair) => set({ pair: pair.length > 0 ? pair.slice(-2) : undefined })}
              />
            </Tabs.Panel>
            <Tabs.Panel value="files">
              {data.format === 'images' && search.view !== 'list' ? (
                <GalleryView version={data} search={search} onSearch={set} />
              ) : (
                <FilesTab version={data} search={search} onSearch={set} />
              )}
            </Tabs.Panel>
            <Tabs.Panel value="consume">
              <ConsumeTab version={data} />
            </Tabs.Panel>
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

function LineageTab({ version: it }: { version: DatasetVersion }) {
  const found = useQuery(lineage(it.name, it.version));
  return (
    <Answer query={found} rows={3}>
      {(edges) => <Lineage edges={edges} focus={`dataset:${it.name}:${it.version}`} />}
    </Answer>
  );
}
