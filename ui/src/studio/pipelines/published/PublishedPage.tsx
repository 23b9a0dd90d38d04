import { Button, Switch, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { usePages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { apiUrl, at } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconTrash } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { Keys } from './Keys';
import { published, publishedRuns, type PublishedDetail, type PublishedRun } from './queries';
import { snippets } from './snippets';
import { Versions } from './Versions';

const RUNS: GridColumn<PublishedRun>[] = [
  { id: 'name', header: 'Run', width: 220, grow: true, value: (row) => row.name },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: (row) => row.state,
    cell: (row) => <StatusBadge state={row.state} {...(row.error ? { title: row.error } : {})} />,
  },
  { id: 'version', header: 'Version', width: 90, align: 'right', value: (row) => row.version },
  { id: 'by', header: 'Started by', width: 180, value: (row) => row.by },
  {
    id: 'created',
    header: 'Started',
    width: 120,
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** A published pipeline: how it is started, its versions, keys and runs. */
export function PublishedPage() {
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const found = useQuery(published(name));
  return (
    <Page title={name} header={found.data ? <Head detail={found.data} /> : <PageHeader title={name} />}>
      <Answer query={found}>{(detail) => <Body detail={detail} />}</Answer>
    </Page>
  );
}

function Head({ detail }: { detail: PublishedDetail }) {
  const cache = useQueryClient();
  const follow = useFollow();
  const may = useMay('pipelines.write');
  const params = { path: { name: detail.name } };
  const refresh = () => cache.invalidateQueries({ queryKey: ['published'] });
  const enable = useMutation({
    mutationFn: (enabled: boolean) =>
      data(api().PATCH('/pipelines/published/{name}', { params, body: { enabled } })),
    onError: toastProblem,
    onSettled: refresh,
  });
  const list = at(['pipelines'], { tab: 'published' });
  const remove = () => {
    follow(list);
    withUndo(
      `${detail.name} is not published any more; its runs stay`,
      () => data(api().DELETE('/pipelines/published/{name}', { params })).then(refresh),
      () => follow(at(['pipelines', 'published', detail.name])),
    );
  };
  return (
    <PageHeader
      title={detail.name}
      lead={detail.description || undefined}
      facts={
        <>
          <StatusBadge
            state={detail.enabled ? 'enabled' : 'disabled'}
            tone={detail.enabled ? 'completed' : 'canceled'}
          />
          <span>version {detail.default_version} by default</span>
          <span>
            by {detail.created_by} <Time at={detail.created_at} />
          </span>
        </>
      }
      actions={
        <>
          <Switch
            label="Enabled"
            checked={detail.enabled}
            disabled={!may || enable.isPending}
            onChange={(event) => enable.mutate(event.currentTarget.checked)}
          />
          <Reason why={may ? undefined : 'Your role may not change published pipelines'}>
            <Button variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={remove}>
              Delete
            </Button>
          </Reason>
        </>
      }
    />
  );
}

function Body({ detail }: { detail: PublishedDetail }) {
  const list = usePages(publishedRuns(detail.name));
  const url = window.location.origin + apiUrl(`/pipelines/published/${encodeURIComponent(detail.name)}/runs`);
  return (
    <>
      <Section title="Start it">
        <Text size="sm" mb="sm">
          With one of its keys, which opens nothing else. A wrong input is named in the answer.
        </Text>
        <CodeSnippet label="Start it" code={snippets(detail, url)} />
      </Section>
      <Section title="Versions">
        <Versions detail={detail} />
      </Section>
      <Section title="Keys">
        <Keys detail={detail} />
      </Section>
      <Section title="Runs">
        <Answer query={list}>
          {(rows) =>
            rows.length === 0 ? (
              <Text size="sm" c="dimmed">
                It has not been started yet.
              </Text>
            ) : (
              <DataGrid
                label="Runs"
                rows={rows}
                columns={RUNS}
                rowKey={(row) => row.run_id}
                href={(row) => at(['pipelines', row.run_id])}
                onEnd={list.more}
                maxHeight={420}
              />
            )
          }
        </Answer>
      </Section>
    </>
  );
}
