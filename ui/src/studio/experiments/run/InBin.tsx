import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Note } from '@/kit/Note';
import { Reason } from '@/kit/Reason';
import { changeRuns } from '../table/ask';
import type { Run } from '../queries';

/** Says that a run was deleted, and brings it back. */
export function InBin({ run }: { run: Run }) {
  const may = useMay('experiments.write');
  const cache = useQueryClient();
  const restore = useMutation({
    mutationFn: () => changeRuns({ run_ids: [run.id], action: 'restore', tags: {} }),
    onSuccess: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: ['experiments'] }),
        cache.invalidateQueries({ queryKey: ['run-table'] }),
      ]),
    onError: toastProblem,
  });
  if (run.lifecycle !== 'deleted') return null;
  return (
    <Note tone="warning" title="This run is in the bin.">
      It can be read and restored until the bin is emptied, and not changed before.{' '}
      <Reason why={may ? undefined : 'Your role in this workspace may not restore runs'}>
        <Button
          variant="default"
          size="compact-sm"
          loading={restore.isPending}
          onClick={() => restore.mutate()}
        >
          Restore
        </Button>
      </Reason>
    </Note>
  );
}
