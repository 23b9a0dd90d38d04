import { Button, Group, SegmentedControl, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { usePageActions } from '@/kit/actions';
import { ErrorState } from '@/kit/ErrorState';
import { EmptyState } from '@/kit/EmptyState';
import { IconPlay } from '@/kit/icons';
import { Answer, Section } from '@/kit/Page';
import { bodyOf, columnOf, rowsOf, type Column, type Row } from './form';
import { Prediction } from './Prediction';
import { sample, score, type Endpoint, type Sample } from './queries';
import { RowForm } from './RowForm';
import classes from './endpoints.module.css';

/** Ask the endpoint, as a client would: a form of the first row, or the whole body. */
export function TestTab({ endpoint }: { endpoint: Endpoint }) {
  const query = useQuery({
    ...sample(endpoint.name, endpoint.live?.number),
    enabled: endpoint.live !== null,
  });
  if (!endpoint.live)
    return (
      <EmptyState title="Nothing answers yet">
        {endpoint.latest?.state === 'Failed'
          ? 'The deployment failed; the Details tab says why.'
          : 'The deployment is on its way; this tab works as soon as it is live.'}
      </EmptyState>
    );
  return <Answer query={query}>{(it) => <Tester endpoint={endpoint} sample={it} />}</Answer>;
}

function Tester({ endpoint, sample: given }: { endpoint: Endpoint; sample: Sample }) {
  const [body, setBody] = useState(() => bodyOf(given.rows.length > 0 ? given.rows.slice(0, 1) : [{}]));
  const [as, setAs] = useState<'form' | 'json'>(given.columns.length > 0 ? 'form' : 'json');
  const sent = useMutation({ mutationFn: () => score(endpoint.forward, body) });
  const rows = rowsOf(body);
  const problem = sent.error ? Problem.from(sent.error) : null;
  const column = problem
    ? Object.keys(problem.fields)
        .map((field) => columnOf(field, given.columns))
        .find(Boolean)
    : undefined;
  const { mutate } = sent;
  usePageActions(
    useMemo(() => [{ id: 'score', label: 'Send the test request', key: 's', run: () => mutate() }], [mutate]),
  );
  const setRow = (row: Row) => setBody(bodyOf([row, ...(rows ?? []).slice(1)]));

  return (
    <div className={classes.test}>
      <form
        className={classes.stack}
        onSubmit={(event) => {
          event.preventDefault();
          sent.mutate();
        }}
      >
        <Group justify="space-between">
          <SegmentedControl
            aria-label="Edit as"
            value={as}
            onChange={(value) => setAs(value as 'form' | 'json')}
            data={[
              { value: 'form', label: 'Form' },
              { value: 'json', label: 'JSON' },
            ]}
          />
          {given.rows.length > 0 ? (
            <Button variant="default" onClick={() => setBody(bodyOf(given.rows.slice(0, 1)))}>
              Back to the sample
            </Button>
          ) : null}
        </Group>
        {as === 'form' ? (
          <FormSide
            columns={given.columns}
            rows={rows}
            wrong={column}
            message={problem?.detail}
            onRow={setRow}
          />
        ) : (
          <Textarea
            label="Body"
            description="What is sent to /score, letter for letter."
            value={body}
            onChange={(event) => setBody(event.currentTarget.value)}
            autosize
            minRows={12}
            maxRows={28}
            classNames={{ input: classes.code ?? '' }}
            spellCheck={false}
            error={problem && problem.status >= 400 && problem.status < 500 ? problem.detail : null}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) sent.mutate();
            }}
          />
        )}
        <Group gap="md">
          <Button type="submit" loading={sent.isPending} leftSection={<IconPlay size={14} aria-hidden />}>
            Send
          </Button>
          {rows && rows.length > 1 ? (
            <Text size="sm" c="dimmed">
              {rows.length} rows; the form shows the first.
            </Text>
          ) : null}
        </Group>
      </form>
      <Section title="Answer">
        <div aria-live="polite" className={classes.stack}>
          {problem ? (
            <ErrorState error={problem} inline />
          ) : sent.data ? (
            <Prediction scored={sent.data} />
          ) : (
            <Text size="sm" c="dimmed">
              Send the request to see what the model says.
            </Text>
          )}
        </div>
      </Section>
    </div>
  );
}

interface FormSideProps {
  columns: readonly Column[];
  rows: readonly Row[] | null;
  wrong: string | undefined;
  message: string | undefined;
  onRow: (row: Row) => void;
}

function FormSide({ columns, rows, wrong, message, onRow }: FormSideProps) {
  const [row] = rows ?? [];
  if (columns.length === 0)
    return (
      <Text size="sm" c="dimmed">
        This model does not say which columns it takes; write the body as JSON.
      </Text>
    );
  if (!row)
    return (
      <Text size="sm" c="dimmed">
        The body is not a list of rows with column names, so the form cannot show it. Go on in JSON, or go
        back to the sample.
      </Text>
    );
  return <RowForm columns={columns} row={row} wrong={wrong} message={message} onRow={onRow} />;
}
