import { queryOptions } from '@tanstack/react-query';
import { pages } from '@/kernel/pages';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';

export type Secret = components['schemas']['Secret'];
export type SecretVersion = components['schemas']['SecretVersion'];
export type Grant = components['schemas']['Grant'];
type VersionPatch = components['schemas']['SecretVersionPatch'];

const KEY = 'secrets'; // what the event `secret.updated` refreshes

export const secrets = (deleted: boolean) =>
  queryOptions({
    queryKey: [KEY, 'list', deleted],
    queryFn: ({ signal }) =>
      data(api().GET('/workspace/secrets', { params: { query: { deleted } }, signal })),
  });

export const versions = (name: string) =>
  queryOptions({
    queryKey: [KEY, 'versions', name],
    queryFn: ({ signal }) =>
      data(api().GET('/workspace/secrets/{name}/versions', { params: { path: { name } }, signal })),
  });

export const uses = (name: string) =>
  pages([KEY, 'uses', name], (cursor, signal) =>
    data(
      api().GET('/workspace/secrets/{name}/uses', {
        params: { path: { name }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );

export const masterKey = queryOptions({
  queryKey: [KEY, 'master-key'],
  queryFn: ({ signal }) => data(api().GET('/workspace/master-key', { signal })),
});

export const rotateKey = () => data(api().POST('/workspace/master-key/rotate', {}));

/** Write a new version. `expected` is the newest one that the page knows of, 0 for a secret that is to be new. */
export function write(
  name: string,
  body: { value: string; expected: number; description?: string; expires_at: string | null },
) {
  return data(api().PUT('/workspace/secrets/{name}', { params: { path: { name } }, body }));
}

export function describe(name: string, description: string) {
  return data(
    api().PATCH('/workspace/secrets/{name}', { params: { path: { name } }, body: { description } }),
  );
}

export function changeVersion(name: string, version: number, body: VersionPatch) {
  return data(
    api().PATCH('/workspace/secrets/{name}/versions/{version}', {
      params: { path: { name, version } },
      body,
    }),
  );
}

export function setGrant(name: string, grant: Pick<Grant, 'kind' | 'name'>, given: boolean) {
  const body = (
    grant.kind === 'role' ? { role: grant.name } : { account: grant.name }
  ) as components['schemas']['GrantChange'];
  const params = { path: { name } };
  return data(
    given
      ? api().POST('/workspace/secrets/{name}/grants', { params, body })
      : api().POST('/workspace/secrets/{name}/grants/revoke', { params, body }),
  );
}

export function remove(name: string, forGood = false) {
  return api().DELETE('/workspace/secrets/{name}', {
    params: { path: { name }, query: { for_good: forGood } },
  });
}

export function restore(name: string) {
  return data(api().POST('/workspace/secrets/{name}/restore', { params: { path: { name } } }));
}
