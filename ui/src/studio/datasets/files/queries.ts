import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data, problemOf } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { apiUrl } from '@/kernel/workspace';
import type { DatasetVersion } from '../types';

export type VersionFile = components['schemas']['VersionFile'];
type Of = Pick<DatasetVersion, 'name' | 'version'>;

/** What lies directly in a folder of a version; with a search, all files with these words in their path. */
export const filesOf = (it: Of, folder: string, search: string | undefined) =>
  pages(['dataset-files', it.name, it.version, folder, search ?? ''], (cursor, signal) =>
    data(
      api().GET('/datasets/{name}/versions/{version}/files', {
        params: {
          path: { name: it.name, version: String(it.version) },
          query: {
            limit: 200,
            ...(search ? { search } : { folder }),
            ...(cursor ? { cursor } : {}),
          },
        },
        signal,
      }),
    ),
  );

export function fileUrl(it: Of, path: string): string {
  return apiUrl(`/datasets/${encodeURIComponent(it.name)}/versions/${it.version}/files/content`, { path });
}

export function archiveUrl(it: Of): string {
  return apiUrl(`/datasets/${encodeURIComponent(it.name)}/versions/${it.version}/archive`);
}

const HEAD = 64 * 1024;

/** The first 64 KiB of a file as text, and whether there is more. */
export const headOf = (it: Of, path: string) =>
  queryOptions({
    queryKey: ['dataset-file-head', it.name, it.version, path], // never changes
    queryFn: async ({ signal }) => {
      const response = await fetch(fileUrl(it, path), {
        headers: { Range: `bytes=0-${HEAD - 1}` },
        signal,
      }).catch((cause: unknown) => {
        throw Problem.unreachable(cause);
      });
      if (response.status === 416) return { text: '', cut: false }; // an empty file has no first byte
      if (!response.ok) throw await problemOf(response);
      const size = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1] ?? 0);
      return { text: await response.text(), cut: size > HEAD };
    },
    staleTime: Infinity,
    retry: false,
  });
