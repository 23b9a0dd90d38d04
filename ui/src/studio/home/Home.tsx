import { useQuery } from '@tanstack/react-query';
import { session } from '@/kernel/session';
import { workspace } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';

const CONNECT = {
  Python: 'from studiolo import Studio\n\nstudio = Studio()\n',
  'Command line': 'eval "$(studiolo env)"   # points an MLflow client at this studio',
};

export function Home() {
  const who = useQuery(session);
  const name = workspace();
  return (
    <Page title="Home" header={<PageHeader title={`Workspace ${name}`} />}>
      <Answer query={who} rows={3}>
        {(data) => (
          <KeyValue
            items={[
              ['Signed in as', data.account],
              ['Role', data.workspaces.find((space) => space.workspace === name)?.role],
              ['Version', data.version],
            ]}
          />
        )}
      </Answer>
      <Section title="Connect">
        <CodeSnippet code={CONNECT} label="Connect" />
      </Section>
    </Page>
  );
}
