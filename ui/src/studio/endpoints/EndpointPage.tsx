import { Button, Menu, Tabs } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { IconChevronDown, IconRocket, IconTrash } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { ConsumeTab } from './ConsumeTab';
import { DeploymentsTab } from './DeploymentsTab';
import { DetailsTab } from './DetailsTab';
import { LogsTab } from './LogsTab';
import { MetricsTab } from './MetricsTab';
import { endpoint as endpointQuery, type Endpoint } from './queries';
import { TABS } from './routes';
import { TestTab } from './TestTab';

type Tab = (typeof TABS)[number];
const LABELS: Record<Tab, string> = {
  details: 'Details',
  test: 'Test',
  consume: 'Consume',
  metrics: 'Metrics',
  logs: 'Logs',
  deployments: 'Deployments',
};

export function EndpointPage() {
  const { name } = useParams({ from: '/w/$ws/endpoints/$name' });
  const search: { tab?: Tab | undefined } = useSearch({ from: '/w/$ws/endpoints/$name' });
  const navigate = useNavigate({ from: '/w/$ws/endpoints/$name' });
  const query = useQuery(endpointQuery(name));
  const tab = search.tab ?? 'details';
  usePageActions(
    useMemo(
      () =>
        TABS.map((one, index) => ({
          id: `endpoint-${one}`,
          label: `Show ${LABELS[one].toLowerCase()}`,
          key: String(index + 1),
          run: () => void navigate({ search: { tab: one === 'details' ? undefined : one } }),
        })),
      [navigate],
    ),
  );
  return (
    <Page title={name} header={<Header name={name} endpoint={query.data} />}>
      <Answer query={query}>
        {(endpoint) => (
          <Tabs
            value={tab}
            onChange={(next) =>
              void navigate({ search: { tab: next === 'details' ? undefined : (next as Tab) } })
            }
          >
            <Tabs.List mb="lg" aria-label="Parts of the endpoint">
              {TABS.map((one) => (
                <Tabs.Tab key={one} value={one}>
                  {LABELS[one]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
            <Tabs.Panel value={tab}>
              <Part tab={tab} endpoint={endpoint} />
            </Tabs.Panel>
          </Tabs>
        )}
      </Answer>
    </Page>
  );
}

function Part({ tab, endpoint }: { tab: Tab; endpoint: Endpoint }) {
  if (tab === 'test') return <TestTab key={endpoint.live?.id ?? ''} endpoint={endpoint} />;
  if (tab === 'consume') return <ConsumeTab endpoint={endpoint} />;
  if (tab === 'metrics') return <MetricsTab endpoint={endpoint} />;
  if (tab === 'logs') return <LogsTab endpoint={endpoint} />;
  if (tab === 'deployments') return <DeploymentsTab endpoint={endpoint} />;
  return <DetailsTab endpoint={endpoint} />;
}

function Header({ name, endpoint }: { name: string; endpoint: Endpoint | undefined }) {
  const [deleting, setDeleting] = useState(false);
  const may = useMay('endpoints.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const it = endpoint?.live ?? endpoint?.latest;
  const next = at(['endpoints', 'new'], { name, ...(it ? { model: it.model } : {}) });
  return (
    <>
      <PageHeader
        title={name}
        facts={
          endpoint ? (
            <>
              <span role="status">
                <StatusBadge state={endpoint.state} />
              </span>
              {it ? (
                <span>
                  {endpoint.live ? 'serves' : endpoint.state === 'Failed' ? 'was to serve' : 'will serve'}{' '}
                  <Link href={at(['models', it.model], { version: it.version })}>
                    {it.model}:{it.version}
                  </Link>
                </span>
              ) : null}
              {endpoint.description ? <span>{endpoint.description}</span> : null}
            </>
          ) : null
        }
        actions={
          <>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
                  More
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={14} aria-hidden />}
                  disabled={!may || !endpoint || endpoint.state === 'Deleting'}
                  onClick={() => setDeleting(true)}
                >
                  Delete endpoint
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
            <Button
              component="a"
              href={next}
              onClick={(event) => follow(next, event)}
              leftSection={<IconRocket size={16} aria-hidden />}
            >
              Deploy another version
            </Button>
          </>
        }
      />
      <ConfirmByName
        opened={deleting}
        onClose={() => setDeleting(false)}
        name={name}
        verb="Delete"
        loss="It stops answering, and its keys die: a new endpoint of this name gets new ones. The model stays."
        onConfirm={async () => {
          await api().DELETE('/endpoints/{name}', { params: { path: { name } } });
          follow(at(['endpoints']));
          await cache.invalidateQueries({ queryKey: ['endpoints'] });
        }}
      />
    </>
  );
}
