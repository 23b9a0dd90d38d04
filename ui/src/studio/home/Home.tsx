import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Icon } from '@tabler/icons-react';
import { counted } from '@/kernel/format';
import { at, workspace } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { IconFlask, IconUpload, IconWand } from '@/kit/icons';
import { Link } from '@/kit/Link';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { recentDatasets, recentModels, recentRuns } from './queries';
import { runHref, Running } from './Running';
import classes from './home.module.css';

const CONNECT = {
  'Command line': `eval "$(studiolo env)"        # MLflow clients now log here\nstudiolo submit train.py --wait  # or run a script as a job`,
  Python: 'from studiolo import Studio\n\nstudio = Studio()\nstudio.datasets.create("titanic.csv")',
  MLflow:
    'import mlflow\n\nmlflow.set_experiment("first")\nmlflow.autolog()   # after eval "$(studiolo env)"',
};

export function Home() {
  return (
    <Page title="Home" header={<PageHeader title="Home" lead={`Workspace ${workspace()}`} />}>
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
          <Card icon={IconUpload} title="Bring a table" href={at(['datasets', '-', 'new'])}>
            Upload a CSV, Parquet or JSON lines file, or start with sample data.
          </Card>
          <Card icon={IconWand} title="Train models" href={at(['automl', 'new'])}>
            Say what to predict and how long it may take; get a checked, registered model.
          </Card>
          <Card icon={IconFlask} title="Track your own code" href={at(['experiments'])}>
            Log from MLflow as it is, or submit a script as a job.
          </Card>
        </SimpleGrid>
        <Running />
        <SimpleGrid cols={{ base: 1, md: 3 }} spacing="xl">
          <Recent title="Runs" all={at(['experiments'])} query={useQuery(recentRuns)} none="No runs yet.">
            {(run) => ({
              key: run.id,
              href: runHref(run),
              name: run.name,
              facts: <StatusBadge state={run.state} />,
              at: run.created_at,
            })}
          </Recent>
          <Recent
            title="Datasets"
            all={at(['datasets'])}
            query={useQuery(recentDatasets)}
            none="No datasets yet."
          >
            {(dataset) => ({
              key: dataset.name,
              href: at(['datasets', dataset.name]),
              name: dataset.name,
              facts: counted(dataset.rows, 'row'),
              at: dataset.updated_at,
            })}
          </Recent>
          <Recent title="Models" all={at(['models'])} query={useQuery(recentModels)} none="No models yet.">
            {(model) => ({
              key: model.name,
              href: at(['models', model.name]),
              name: model.name,
              facts: model.latest ? `version ${model.latest.version}` : 'no version',
              at: model.updated_at,
            })}
          </Recent>
        </SimpleGrid>
        <Section title="From your own code">
          <CodeSnippet code={CONNECT} label="Connect" />
        </Section>
      </Stack>
    </Page>
  );
}

function Card({
  icon: Icon,
  title,
  href,
  children,
}: {
  icon: Icon;
  title: string;
  href: string;
  children: ReactNode;
}) {
  return (
    <div className={classes.card}>
      <Icon size={22} stroke={1.6} aria-hidden />
      <div>
        <h2>
          <Link href={href} className={classes.stretch ?? ''}>
            {title}
          </Link>
        </h2>
        <Text size="sm" c="dimmed">
          {children}
        </Text>
      </div>
    </div>
  );
}

interface Entry {
  key: string;
  href: string;
  name: string;
  facts: ReactNode;
  at: string;
}

interface RecentProps<T> {
  title: string;
  all: string;
  none: string;
  query: { data: { items: T[] } | undefined; error: unknown; isPending: boolean; refetch: () => unknown };
  children: (item: T) => Entry;
}

function Recent<T>({ title, all, none, query, children }: RecentProps<T>) {
  return (
    <Section title={title} actions={<Link href={all}>All</Link>}>
      <Answer query={query} rows={4} inline>
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {none}
            </Text>
          ) : (
            <ul className={classes.recent}>
              {page.items.map(children).map((entry) => (
                <li key={entry.key}>
                  <Link href={entry.href}>{entry.name}</Link>
                  <span>{entry.facts}</span>
                  <Time at={entry.at} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Section>
  );
}
