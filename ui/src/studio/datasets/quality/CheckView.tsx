import { Button, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { count, percent } from '@/kernel/format';
import { api } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { version as chosenVersion } from '../queries';
import { report, type Check, type RuleResult } from './queries';

/** What came of each rule in a check, with the first rows that break it. */
export function CheckView({ dataset, id }: { dataset: string; id: string }) {
  const found = useQuery(report(dataset, id));
  return (
    <Answer query={found} rows={4} inline>
      {({ check, report: it }) => (
        <Section
          title={`Check of version ${check.version}`}
          actions={
            check.run_id ? (
              <Link href={at(['experiments', 'runs', check.run_id], { tab: 'log' })}>Log of its job</Link>
            ) : null
          }
        >
          <Stack>
            <Refused check={check} />
            {it ? (
              <Results results={it.results} rows={it.rows} />
            ) : (
              <Text size="sm">
                {check.state === 'running'
                  ? 'The rules are being asked. The report appears here by itself.'
                  : `There is no report: ${check.error || check.state}`}
              </Text>
            )}
          </Stack>
        </Section>
      )}
    </Answer>
  );
}

function Refused({ check }: { check: Check }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const found = useQuery(chosenVersion(check.dataset, check.version));
  const accept = useMutation({
    mutationFn: () =>
      api().POST('/datasets/{name}/quality/versions/{version}/accept', {
        params: { path: { name: check.dataset, version: check.version } },
      }),
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['datasets'] }),
  });
  if (found.data?.quality !== 'rejected') return null;
  return (
    <Note tone="warning" title={`Version ${check.version} is held back`}>
      <div>
        It is kept, but it is not the newest: whoever asks for {check.dataset} gets the version before it.{' '}
        <Button
          variant="default"
          size="compact-sm"
          disabled={!may}
          loading={accept.isPending}
          onClick={() => accept.mutate()}
        >
          Accept it all the same
        </Button>
      </div>
    </Note>
  );
}

function Results({ results, rows }: { results: RuleResult[]; rows: number }) {
  return (
    <Table aria-label={`Rules of a check of ${count(rows)} rows`} verticalSpacing={4} fz="sm">
      <Table.Thead>
        <Table.Tr>
          {['State', 'Rule', 'Broken by', 'First rows'].map((head) => (
            <Table.Th key={head} scope="col">
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {results.map((one) => (
          <Table.Tr key={one.rule}>
            <Table.Td>
              {one.outcome === 'passed' ? (
                <StatusBadge state="passed" />
              ) : (
                <StatusBadge
                  state={one.outcome}
                  tone={one.severity === 'block' ? 'failed' : 'warning'}
                  label={one.outcome === 'error' ? 'Not checked' : 'Broken'}
                />
              )}
            </Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              {one.title}
              {one.said && !one.failed ? (
                <Text size="xs" c="dimmed">
                  {one.said}
                </Text>
              ) : null}
            </Table.Td>
            <Table.Td>
              {one.failed == null
                ? ''
                : `${count(one.failed)} of ${count(one.checked)}${one.checked ? ` (${percent(one.failed / one.checked)})` : ''}`}
            </Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              {(one.examples ?? []).map((row, index) => (
                <div key={index}>
                  {place(row)}
                  {Object.entries(row.values)
                    .map(([name, value]) => `${name} = ${value === null ? 'missing' : String(value)}`)
                    .join(', ')}
                </div>
              ))}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function place(row: { line?: number | null; row?: number | null; file?: string | null }): string {
  const where = row.line ? `line ${row.line}` : row.row ? `row ${count(row.row)}` : '';
  return where ? `${row.file ? `${row.file}, ` : ''}${where}: ` : '';
}
