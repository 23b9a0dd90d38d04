import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { bytes, count, moment } from '@/kernel/format';
import { workspace } from '@/kernel/workspace';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { AccountsTab } from './AccountsTab';
import { AuditTab } from './AuditTab';
import { MembersTab } from './MembersTab';
import { MailTab } from './notices/MailTab';
import { summary } from './queries';
import { TABS } from './routes';
import { SecretsTab } from './secrets/SecretsTab';
import { TokensTab } from './TokensTab';
import { WebhooksTab } from './WebhooksTab';

type Tab = (typeof TABS)[number];
const LABELS: Record<Tab, string> = {
  about: 'About',
  tokens: 'My tokens',
  members: 'Members',
  accounts: 'Accounts',
  secrets: 'Secrets',
  webhooks: 'Webhooks',
  mail: 'Mail',
  audit: 'Audit trail',
};
const PARTS = {
  about: About,
  tokens: TokensTab,
  members: MembersTab,
  accounts: AccountsTab,
  secrets: SecretsTab,
  webhooks: WebhooksTab,
  mail: MailTab,
  audit: AuditTab,
};

/** Who may do what here, with which tokens, and what was done. */
export function WorkspacePage() {
  const search: { tab?: Tab | undefined } = useSearch({ from: '/w/$ws/workspace' });
  const navigate = useNavigate({ from: '/w/$ws/workspace' });
  const tab = search.tab ?? 'about';
  const Part = PARTS[tab];
  const title = `Settings of ${workspace()}`;
  return (
    <Page title={title} header={<PageHeader title={title} />}>
      <Tabs
        value={tab}
        onChange={(next) => void navigate({ search: { tab: next === 'about' ? undefined : (next as Tab) } })}
      >
        <Tabs.List mb="lg" aria-label="Parts of the settings">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {LABELS[one]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab}>
          <Part />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function About() {
  const query = useQuery(summary);
  return (
    <Answer query={query} rows={4}>
      {(it) => (
        <KeyValue
          items={[
            ['Workspace', it.name],
            ['Made', moment(it.created_at)],
            ['Members', count(it.members)],
            ['Studiolo', it.version],
            [
              'Database',
              `${it.database === 'sqlite' ? 'SQLite' : 'PostgreSQL'}, durability ${it.durability}`,
            ],
            ['Home', <code key="home">{it.home}</code>],
            ['Disk', `${bytes(it.disk_free)} free of ${bytes(it.disk_total)}`],
          ]}
        />
      )}
    </Answer>
  );
}
