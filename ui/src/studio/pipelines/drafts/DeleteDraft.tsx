import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { useFollow } from '@/kit/Link';
import { deleteDraft, saveDraft, type DraftDetail } from './queries';

/** Deletes a draft; Undo saves it once more. */
export function DeleteDraft({ kept }: { kept: DraftDetail }) {
  const may = useMay('pipelines.write');
  const follow = useFollow();
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ['draft'] });
  const gone = useMutation({
    mutationFn: () => deleteDraft(kept.name),
    onError: toastProblem,
    onSuccess: () => {
      const { name, file, spec, description } = kept;
      void again();
      follow(at(['pipelines'], { tab: 'drafts' }));
      doneWithUndo(`Draft ${name} deleted`, () =>
        saveDraft(name, { file: file ?? null, spec: (spec ?? null) as never, description }).then(again),
      );
    },
  });
  return (
    <Button variant="default" disabled={!may} loading={gone.isPending} onClick={() => gone.mutate()}>
      Delete draft
    </Button>
  );
}
