import { Button, Stack, Table, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Note } from '@/kit/Note';
import { Time } from '@/kit/Time';
import { WideTable } from '../WideTable';
import type { MadeKey, PublishedDetail } from './queries';

/** Keys that were made just now: they are shown this once. */
export function NewKeys({ keys }: { keys: readonly MadeKey[] }) {
  if (keys.length === 0) return null;
  return (
    <Note
      tone="warning"
      title={
        keys.length > 1
          ? 'Copy the keys now: they are shown this once.'
          : 'Copy the key now: it is shown this once.'
      }
    >
      {keys.map((one) => (
        <div key={one.slot}>
          <Text size="sm">The {one.slot} key</Text>
          <CodeSnippet label={`The ${one.slot} key`} code={one.key} />
        </div>
      ))}
    </Note>
  );
}

/** The keys of a published pipeline, and a way to make each anew. */
export function Keys({ detail }: { detail: PublishedDetail }) {
  const cache = useQueryClient();
  const may = useMay('pipelines.write');
  const [made, setMade] = useState<MadeKey | null>(null);
  const rotate = useMutation({
    mutationFn: (slot: MadeKey['slot']) =>
      data(
        api().POST('/pipelines/published/{name}/keys/{slot}', {
          params: { path: { name: detail.name, slot } },
        }),
      ),
    onSuccess: setMade,
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['published'] }),
  });
  return (
    <Stack gap="sm">
      {made ? <NewKeys keys={[made]} /> : null}
      <WideTable label="Keys" head={['Key', 'Ends in', 'Made', 'Last used', '']}>
        {detail.keys.map((key) => (
          <Table.Tr key={key.slot}>
            <Table.Td>{key.slot}</Table.Td>
            <Table.Td>{key.hint}</Table.Td>
            <Table.Td>
              <Time at={key.created_at} />
            </Table.Td>
            <Table.Td>{key.used_at ? <Time at={key.used_at} /> : 'never'}</Table.Td>
            <Table.Td>
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Make anew the ${key.slot} key`}
                disabled={!may}
                title={
                  may
                    ? 'Who uses the old one is refused at once; the other key goes on working'
                    : 'Your role may not change keys'
                }
                loading={rotate.isPending && rotate.variables === key.slot}
                onClick={() => rotate.mutate(key.slot)}
              >
                Make anew
              </Button>
            </Table.Td>
          </Table.Tr>
        ))}
      </WideTable>
    </Stack>
  );
}
