import { Button, Menu, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { bytes } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { IconChevronDown, IconDownload, IconRocket, IconTrash } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { DeleteVersion } from './Deletion';
import { DetailsTab } from './DetailsTab';
import { FilesTab } from './FilesTab';
import { endpointsOf, version as versionQuery, zipUrl, type ModelVersion } from './queries';
import { TABS } from './routes';
import { ScanTab } from './ScanTab';
import { UseTab } from './UseTab';
import { VerdictBadge } from './VerdictBadge';

type Tab = (typeof TABS)[number];
const FROM = '/w/$ws/models/$name/versions/$version';
const LABELS: Record<Tab, string> = { details: 'Details', scan: 'Scan', files: 'Files', use: 'Load it' };

export function VersionPage() {
  const { name, version } = useParams({ from: FROM });
  const search: { tab?: Tab | undefined } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const query = useQuery(versionQuery(name, version));
  const follow = useFollow();
  const number = query.data?.version ?? version;
  const deployHref = at(['endpoints', 'new'], { model: `${name}:${number}` });
  usePageActions(
    useMemo(
      () => [{ id: 'deploy', label: `Deploy ${name}:${number}`, key: 'd', run: () => follow(deployHref) }],
      [name, number, follow, deployHref],
    ),
  );
  const tab = search.tab ?? 'details';
  return (
    <Page
      title={`${name} version ${number}`}
      header={
        <PageHeader
          title={`${name} version ${number}`}
          facts={query.data ? <Facts version={query.data} /> : null}
          actions={
            query.data ? (
              <>
                <More version={query.data} />
                <Button
                  component="a"
                  href={deployHref}
                  onClick={(event) => follow(deployHref, event)}
                  leftSection={<IconRocket size={16} aria-hidden />}
                >
                  Deploy
                </Button>
              </>
            ) : null
          }
        />
      }
    >
      <Answer query={query}>
        {(it) => (
          <Tabs
            value={tab}
            onChange={(next) =>
              void navigate({ search: next === 'details' ? {} : { tab: next as Exclude<Tab, 'details'> } })
            }
          >
            <Tabs.List mb="lg" aria-label="Parts of the version">
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
              ) : tab === 'scan' ? (
                <ScanTab version={it} />
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
  const aliases = it.aliases ?? [];
  return (
    <>
      <Link href={at(['models', it.name])}>All versions</Link>
      <VerdictBadge verdict={it.scan} here={(it.files ?? 0) > 0} />
      {aliases.length > 0 ? <span>{aliases.map((one) => `@${one}`).join(' ')}</span> : null}
      <span>{bytes(it.size)}</span>
      <span>
        registered <Time at={it.created_at} />
        {it.user ? ` by ${it.user}` : ''}
      </span>
    </>
  );
}

function More({ version: it }: { version: ModelVersion }) {
  const may = useMay('models.write');
  const [deleting, setDeleting] = useState(false);
  const serving = endpointsOf(it);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component="a" href={zipUrl(it)} leftSection={<IconDownload size={14} aria-hidden />}>
            Download as zip
          </Menu.Item>
          <Menu.Item
            color="red"
            disabled={!may}
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete this version
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <DeleteVersion version={it} serving={serving} opened={deleting} onClose={() => setDeleting(false)} />
    </>
  );
}
