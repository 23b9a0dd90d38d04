import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import type { DatasetVersion } from '../types';

export type Gallery = components['schemas']['Gallery'];
export type ImageItem = components['schemas']['ImageItem'];

export interface Wanted {
  /** Empty: those without one. */
  label?: string | undefined;
  split?: string | undefined;
  damaged?: boolean | undefined;
}

const SHOWN = 60;

/** Small pictures of a version, page by page; they never change. */
export const gallery = (it: Pick<DatasetVersion, 'name' | 'version'>, wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ['dataset-images', it.name, it.version, wanted],
    queryFn: ({ pageParam, signal }) =>
      data(
        api().GET('/datasets/{name}/versions/{version}/images', {
          params: {
            path: { name: it.name, version: String(it.version) },
            query: {
              limit: SHOWN,
              offset: pageParam,
              ...(wanted.label === undefined ? {} : { label: wanted.label }),
              ...(wanted.split === undefined ? {} : { split: wanted.split }),
              ...(wanted.damaged ? { damaged: true } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: 0,
    getNextPageParam: (last: Gallery) => {
      const next = last.offset + last.items.length;
      return next < last.total && last.items.length > 0 ? next : undefined;
    },
    staleTime: Infinity,
    // another filter of the same version leaves what is shown until it is answered
    placeholderData: (old, query) =>
      query?.queryKey[1] === it.name && query.queryKey[2] === it.version ? old : undefined,
  });
