import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { withUndo } from '@/kit/ConfirmUndo';
import { CopyButton } from '@/kit/CopyButton';
import { EmptyState } from '@/kit/EmptyState';
import { KeyValue } from '@/kit/KeyValue';
import { IconTrash } from '@/kit/icons';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { TagChips } from '@/kit/TagChips';
import { Time } from '@/kit/Time';
import { Assessments } from './Assessments';
import { SpanDetail } from './SpanDetail';
import { SpanTree } from './SpanTree';
import { changeTrace, deleteTraces, trace as traceQuery, type Trace } from './queries';
import { State, tookWhole } from './words';
import classes from './traces.module.css';

/** One request, step by step. */
export function TracePage() {
  const { traceId } = useParams({ from: '/w/$ws/experiments/traces/$traceId' });
  const search: { span?: string | undefined } = useSearch({ from: '/w/$ws/experiments/traces/$traceId' });
  const navigate = useNavigate({ from: '/w/$ws/experiments/traces/$traceId' });
  const query = useQuery(traceQuery(traceId));
  const title = query.data?.name || 'Trace';
  const select = (span: string) => void navigate({ search: { span }, replace: true });
  return (
    <Page title={title} header={query.data ? <Head trace={query.data} /> : <PageHeader title="Trace" />}>
      <Answer query={query}>
        {(trace) => <Body trace={trace} selected={search.span} onSelect={select} />}
      </Answer>
    </Page>
  );
}

function Head({ trace }: { trace: Trace }) {
  const may = useMay('experiments.write');
  const follow = useFollow();
  const cache = useQueryClient();
  const remove = () => {
    const here = at(['experiments', 'traces', trace.id]);
    follow(at(['experiments', 'traces']));
    withUndo(
      'Trace deleted',
      async () => {
        await deleteTraces([trace.id]);
        await cache.invalidateQueries({ queryKey: ['experiments', 'traces'] });
      },
      () => follow(here),
    );
  };
  return (
    <PageHeader
      title={trace.name || trace.id}
      facts={
        <>
          <State state={trace.state} />
          <span>{tookWhole(trace.duration_ms)}</span>
          {trace.total_tokens == null ? null : <span>{count(trace.total_tokens)} tokens</span>}
          <span>
            {count(trace.spans)} {trace.spans === 1 ? 'span' : 'spans'}
          </span>
          <Time at={trace.started_at} />
        </>
      }
      actions={
        <Reason why={may ? undefined : 'Your role in this workspace may not delete traces'}>
          <Button variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={remove}>
            Delete
          </Button>
        </Reason>
      }
    />
  );
}

function Body(props: { trace: Trace; selected: string | undefined; onSelect: (span: string) => void }) {
  const { trace, selected, onSelect } = props;
  const may = useMay('experiments.write');
  const cache = useQueryClient();
  const span = trace.steps.find((one) => one.id === selected) ?? trace.steps[0];
  return (
    <div className={classes.stack}>
      {span ? (
        <div className={classes.split}>
          <SpanTree trace={trace} selected={span.id} onSelect={onSelect} />
          <SpanDetail key={span.id} span={span} />
        </div>
      ) : (
        <EmptyState title="No spans">
          {trace.state === 'IN_PROGRESS'
            ? 'The steps of this trace are on their way; they appear here as they arrive.'
            : 'The client stored this trace without its steps.'}
        </EmptyState>
      )}
      <Assessments trace={trace} onSelect={onSelect} />
      <Section title="Tags">
        <TagChips
          tags={trace.tags}
          may={may}
          save={async (tags) => {
            await changeTrace(trace.id, tags);
            await cache.invalidateQueries({ queryKey: ['experiments'] });
          }}
        />
      </Section>
      <Section title="About">
        <KeyValue items={facts(trace)} />
      </Section>
    </div>
  );
}

function facts(trace: Trace): [string, React.ReactNode][] {
  const runs = [...new Set([...(trace.run_id ? [trace.run_id] : []), ...trace.linked_runs])];
  return [
    [
      'Id',
      <span key="id">
        <code>{trace.id}</code> <CopyButton value={trace.id} label="Copy the id" />
      </span>,
    ],
    [
      'Experiment',
      <Link key="experiment" href={at(['experiments', trace.experiment_id])}>
        {trace.experiment_id}
      </Link>,
    ],
    [
      'Runs',
      runs.length > 0
        ? runs.map((run) => (
            <div key={run}>
              <Link href={at(['experiments', 'runs', run])}>{run}</Link>
            </div>
          ))
        : null,
    ],
    [
      'Tokens in, out',
      trace.total_tokens == null ? null : `${count(trace.input_tokens)}, ${count(trace.output_tokens)}`,
    ],
    ['Cost', trace.cost == null ? null : `$${trace.cost.toPrecision(3)}`],
    ['Request id of the client', trace.client_request_id],
    ['Prompts', trace.prompts.join(', ')],
    ...Object.entries(trace.metadata)
      .filter(([key]) => !key.startsWith('mlflow.trace'))
      .map(([key, value]): [string, string] => [key, value]),
  ];
}
