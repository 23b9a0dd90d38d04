import { useQueryClient } from '@tanstack/react-query';
import { api } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { useFollow } from '@/kit/Link';

interface Props {
  name: string;
  opened: boolean;
  onClose: () => void;
}

export function DeleteDataset({ name, opened, onClose }: Props) {
  const cache = useQueryClient();
  const follow = useFollow();
  return (
    <ConfirmByName
      opened={opened}
      onClose={onClose}
      name={name}
      verb="Delete"
      loss="Its versions go into the bin, from where they can be taken back for a while. Runs and models made from it stay."
      onConfirm={async () => {
        await api().DELETE('/datasets/{name}', { params: { path: { name } } });
        follow(at(['datasets']));
        await cache.invalidateQueries({ queryKey: ['datasets', 'list'] });
      }}
    />
  );
}
