import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

type InputFile = components['schemas']['InputFile'];

/** What the studio makes of a pipeline file: asked again when typing rests. */
export function useRead(text: string, main: string, files: readonly InputFile[]) {
  const [rested] = useDebouncedValue(text, 400);
  const query = useQuery({
    queryKey: ['pipeline-read', rested, main, files],
    queryFn: ({ signal }) =>
      data(api().POST('/pipelines/read', { body: { main, text: rested, files: [...files] }, signal })),
    enabled: rested.trim() !== '',
    placeholderData: (old) => old,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const read = rested.trim() === '' ? undefined : query.data;
  return { read, error: query.error, reading: rested !== text || query.isFetching };
}
