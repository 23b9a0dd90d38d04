import { Button, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { duration } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Answer, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { deliveries, type Delivery } from './queries';
import classes from './workspace.module.css';

const STATES = {
  pending: { tone: 'queued', word: 'Waits' },
  delivered: { tone: 'completed', word: 'Delivered' },
  failed: { tone: 'failed', word: 'Failed' },
} as const;

/** What was sent to a webhook, newest first. */
export function Deliveries({ hook }: { hook: string }) {
  const cache = useQueryClient();
  const found = usePages(deliveries(hook));
  const again = useMutation({
    mutationFn: (delivery: string) =>
      data(
        api().POST('/workspace/webhooks/{id}/deliveries/{delivery}/again', {
          params: { path: { id: hook, delivery } },
        }),
      ),
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['webhooks'] }),
  });
  return (
    <Section title="Deliveries">
      <Answer query={found} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was sent yet. Test sends an example at once.
            </Text>
          ) : (
            <>
              <Table aria-label="Deliveries" className={classes.table ?? ''}>
                <Table.Thead>
                  <Table.Tr>
                    {['State', 'Event', 'Answer', 'Attempts', 'Took', 'Sent', 'Do'].map((head) => (
                      <Table.Th key={head} scope="col">
                        {head}
                      </Table.Th>
                    ))}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((row) => (
                    <Row key={row.id} row={row} onAgain={() => again.mutate(row.id)} />
                  ))}
                </Table.Tbody>
              </Table>
              {found.hasMore ? (
                <Button variant="default" onClick={found.more}>
                  Older
                </Button>
              ) : null}
            </>
          )
        }
      </Answer>
    </Section>
  );
}

function Row({ row, onAgain }: { row: Delivery; onAgain: () => void }) {
  const { tone, word } = STATES[row.state];
  return (
    <Table.Tr>
      <Table.Td>
        <StatusBadge state={row.state} tone={tone} label={word} />
      </Table.Td>
      <Table.Td>
        {row.kind}
        {row.test ? ' (test)' : ''}
      </Table.Td>
      <Table.Td className={classes.long ?? ''} title={row.answer ?? undefined}>
        {row.error ?? row.status ?? ''}
      </Table.Td>
      <Table.Td>{row.attempts}</Table.Td>
      <Table.Td>{duration(row.seconds)}</Table.Td>
      <Table.Td>
        <Time at={row.sent_at} />
        {row.next_at ? <>, again {new Date(row.next_at).toLocaleTimeString('en-GB')}</> : null}
      </Table.Td>
      <Table.Td>
        {row.state === 'pending' || row.test ? null : (
          <Button variant="default" size="compact-sm" aria-label={`Send ${row.kind} again`} onClick={onAgain}>
            Send again
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
