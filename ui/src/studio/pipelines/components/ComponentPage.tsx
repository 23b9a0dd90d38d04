import { Button, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time } from '@/kit/Time';
import { component, componentVersions, type ComponentDetail } from '../queries';
import { usageOf } from '../snippets';
import { useListEvents } from '../useEvents';
import classes from '../run/run.module.css';
import { InterfaceTable } from './InterfaceTable';
import { OutputTable } from './OutputTable';

/** A component: what it takes and makes, what it runs, its versions. */
export function ComponentPage() {
  const { name = '' } = useParams({ strict: false }) as { name?: string };
  const { version = '' } = useSearch({ strict: false }) as { version?: string };
  useListEvents('components');
  const query = useQuery(component(name, version));
  return (
    <Page
      title={name}
      header={query.data ? <Head key={name} detail={query.data} /> : <PageHeader title={name} />}
    >
      <Answer query={query}>{(detail) => <Body detail={detail} />}</Answer>
    </Page>
  );
}

function Head({ detail }: { detail: ComponentDetail }) {
  const versions = useQuery(componentVersions(detail.name));
  const navigate = useNavigate();
  const cache = useQueryClient();
  const may = useMay('pipelines.write');
  const archive = (archived: boolean) =>
    data(
      api().POST('/pipelines/components/{name}/archive', {
        params: { path: { name: detail.name }, query: { version: detail.version } },
        body: { archived },
      }),
    ).then(() => cache.invalidateQueries({ queryKey: ['pipelines'] }));
  const change = useMutation({
    mutationFn: () => archive(!detail.archived),
    onSuccess: () =>
      doneWithUndo(detail.archived ? `${detail.reference} is back` : `${detail.reference} is archived`, () =>
        archive(detail.archived ?? false),
      ),
    onError: toastProblem,
  });
  return (
    <PageHeader
      title={detail.display_name || detail.name}
      lead={detail.description || undefined}
      facts={
        <>
          <span>{detail.kind}</span>
          <span>version {detail.version}</span>
          {detail.latest ? <span>newest</span> : null}
          {detail.archived ? <span>archived</span> : null}
          <span>by {detail.created_by}</span>
          <Time at={detail.created_at} />
        </>
      }
      actions={
        <>
          <Select
            aria-label="Version"
            w={150}
            allowDeselect={false}
            data={(versions.data ?? [detail]).map((one) => ({
              value: one.version,
              label: `Version ${one.version}${one.archived ? ', archived' : ''}`,
            }))}
            value={detail.version}
            onChange={(version) => void navigate({ to: '.', search: { version } as never })}
          />
          <Reason why={may ? undefined : 'Your role may not change components'}>
            <Button variant="default" loading={change.isPending} onClick={() => change.mutate()}>
              {detail.archived ? 'Bring back' : 'Archive'}
            </Button>
          </Reason>
        </>
      }
    />
  );
}

function Body({ detail }: { detail: ComponentDetail }) {
  const use = usageOf(detail);
  const { task, graph } = detail;
  return (
    <div className={classes.stack}>
      <Section title="Inputs">
        <InterfaceTable label="Inputs of the component" ports={detail.inputs ?? {}} />
      </Section>
      <Section title="Outputs">
        <OutputTable label="Outputs of the component" ports={detail.outputs ?? {}} />
      </Section>
      {task ? (
        <Section title="What it runs">
          <CodeSnippet label="Command" code={(task.command ?? []).join(' ')} />
          <KeyValue
            items={[
              [
                'Environment',
                typeof task.environment === 'string'
                  ? task.environment
                  : task.environment
                    ? 'described in it'
                    : null,
              ],
              ['Code', task.code && task.code.length > 0 ? `${task.code.length} files` : null],
              [
                'Same inputs, same outputs',
                detail.is_deterministic === false
                  ? 'no: it runs every time'
                  : 'yes: earlier results are taken',
              ],
            ]}
          />
        </Section>
      ) : null}
      {graph ? (
        <Section title="Its steps">
          <KeyValue
            items={Object.entries(graph.steps ?? {}).map(([name, step]) => [
              name,
              step.component || step.kind || 'command',
            ])}
          />
        </Section>
      ) : null}
      <Section title="Use it">
        <CodeSnippet label="Use it" code={use} />
      </Section>
    </div>
  );
}
