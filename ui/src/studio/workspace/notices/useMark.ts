import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toastProblem } from '@/kit/ConfirmUndo';
import { mark } from './queries';

/** Mark notices as read or unread; without ids all of them. */
export function useMark() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ ids, read }: { ids: string[] | null; read: boolean }) => mark(ids, read),
    onSuccess: (found) => cache.setQueryData(['notices', 'unread'], found.unread),
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['notices'] }),
  });
}
