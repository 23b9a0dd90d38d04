import { useQueryClient } from '@tanstack/react-query';
import { at } from '@/kernel/workspace';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { useFollow } from '@/kit/Link';
import { deleteDataset, restoreDataset } from './queries';

/** Moves a dataset with its versions to the bin, with undo. */
export function useDeletion(name: string): () => Promise<void> {
  const cache = useQueryClient();
  const follow = useFollow();
  const again = () => cache.invalidateQueries({ queryKey: ['datasets'] });
  return async () => {
    try {
      await deleteDataset(name);
      follow(at(['datasets']));
      await again();
      doneWithUndo(`${name} is in the bin`, async () => {
        await restoreDataset(name);
        await again();
        follow(at(['datasets', name]));
      });
    } catch (error) {
      toastProblem(error);
    }
  };
}
