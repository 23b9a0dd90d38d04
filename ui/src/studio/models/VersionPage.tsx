import { Menu, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { bytes } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { IconDownload } from '@/kit/icons';
import { Link } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { ofVersion, useDeletion } from './Deletion';
import { DetailsTab } from './DetailsTab';
import { FilesTab } from './FilesTab';
import { ModelHeader, useModelActions } from './Header';
import { isPrompt } from './prompt';
import { PromptPart } from './PromptPart';
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
  const number = query.data?.version ?? version;
  const title = `${name} version ${number}`;
  useModelActions(query.data && !isPrompt(query.data) ? `${name}:${number}` : null);
  const tab = search.tab ?? 'details';
  return (
    <Page title={title} header={query.data ? <Head version={query.data} /> : <PageHeader title={title} />}>
      <Answer query={query}>
        {(it) =>
          isPrompt(it) ? (
            <PromptPart version={it} />
          ) : (
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
          )
        }
      </Answer>
    </Page>
  );
}

function Head({ version: it }: { version: ModelVersion }) {
  const prompt = isPrompt(it);
  const { remove, dialog } = useDeletion(ofVersion(it, endpointsOf(it)));
  return (
    <>
      <ModelHeader
        title={`${it.name} version ${it.version}`}
        reference={`${it.name}:${it.version}`}
        facts={<Facts version={it} />}
        deployable={!prompt}
        menu={
          prompt ? null : (
            <Menu.Item component="a" href={zipUrl(it)} leftSection={<IconDownload size={14} aria-hidden />}>
              Download as zip
            </Menu.Item>
          )
        }
        deletion="Delete this version"
        onDelete={() => void remove()}
      />
      {dialog}
    </>
  );
}

function Facts({ version: it }: { version: ModelVersion }) {
  const aliases = it.aliases ?? [];
  return (
    <>
      <Link href={at(['models', it.name])}>All versions</Link>
      {isPrompt(it) ? <span>prompt</span> : <VerdictBadge verdict={it.scan} here={(it.files ?? 0) > 0} />}
      {aliases.length > 0 ? <span>{aliases.map((one) => `@${one}`).join(' ')}</span> : null}
      {isPrompt(it) ? null : <span>{bytes(it.size)}</span>}
      <span>
        registered <Time at={it.created_at} />
        {it.user ? ` by ${it.user}` : ''}
      </span>
    </>
  );
}
