import { Button, Table } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { Reason } from '@/kit/Reason';
import { Time } from '@/kit/Time';
import { WideTable } from '../WideTable';
import type { PublishedDetail } from './queries';

/** The versions of a published pipeline, newest first; which of them a start without one gets. */
export function Versions({ detail }: { detail: PublishedDetail }) {
  const cache = useQueryClient();
  const may = useMay('pipelines.write');
  const set = (version: number) =>
    data(
      api().PATCH('/pipelines/published/{name}', {
        params: { path: { name: detail.name } },
        body: { default_version: version },
      }),
    ).then(() => cache.invalidateQueries({ queryKey: ['published'] }));
  const before = detail.default_version;
  const move = useMutation({
    mutationFn: set,
    onSuccess: (_, version) => doneWithUndo(`Version ${version} is the default now`, () => set(before)),
    onError: toastProblem,
  });
  return (
    <WideTable label="Versions" head={['Version', 'Inputs', 'Steps', 'Runs as', 'Published', 'Note', '']}>
      {detail.versions.map((one) => (
        <Table.Tr key={one.number}>
          <Table.Td>
            {one.number}
            {one.number === detail.default_version ? ' (default)' : ''}
          </Table.Td>
          <Table.Td>
            {Object.entries(one.inputs ?? {})
              .map(
                ([name, port]) =>
                  `${name}: ${port.type}${(one.given ?? []).includes(name) ? '' : ' (needed)'}`,
              )
              .join(', ') || 'none'}
          </Table.Td>
          <Table.Td>{one.steps}</Table.Td>
          <Table.Td>{one.runs_as}</Table.Td>
          <Table.Td>
            <Time at={one.created_at} />
          </Table.Td>
          <Table.Td>{one.note}</Table.Td>
          <Table.Td>
            {one.number === detail.default_version ? null : (
              <Reason why={may ? undefined : 'Your role may not change published pipelines'}>
                <Button
                  variant="default"
                  size="compact-sm"
                  aria-label={`Make default version ${one.number}`}
                  loading={move.isPending && move.variables === one.number}
                  onClick={() => move.mutate(one.number)}
                >
                  Make default
                </Button>
              </Reason>
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </WideTable>
  );
}
