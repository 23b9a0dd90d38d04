import { useQueryClient } from '@tanstack/react-query';
import { useMay } from '@/kernel/session';
import { TagChips, type TagChange } from '@/kit/TagChips';

interface Props {
  tags: Readonly<Record<string, string>>;
  save: (tags: TagChange) => Promise<unknown>;
}

/** Tags of a model or a version. */
export function Tags({ tags, save }: Props) {
  const may = useMay('models.write');
  const cache = useQueryClient();
  return (
    <TagChips
      tags={tags}
      may={may}
      save={async (change) => {
        await save(change);
        await cache.invalidateQueries({ queryKey: ['models'] });
      }}
    />
  );
}
