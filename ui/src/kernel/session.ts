import { queryOptions, useQuery } from '@tanstack/react-query';
import createClient from 'openapi-fetch';
import { Problem } from './problem';
import { problemOf } from './request';
import type { components, paths } from './schema';
import { workspace } from './workspace';

export type Session = components['schemas']['Session'];

/** Client of what lies outside any workspace: the session and the health check. */
export const root = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: 'same-origin',
  fetch: async (input) => {
    const response = await fetch(input).catch((cause: unknown) => {
      throw Problem.unreachable(cause);
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  },
});

export const session = queryOptions({
  queryKey: ['session'],
  queryFn: async () => (await root.GET('/api/session')).data as Session,
  staleTime: 5 * 60_000,
});

/** Whether the signed-in account may do something here, e.g. `datasets.write`; draw, but disable, what it may not. */
export function useMay(permission: string): boolean {
  const { data } = useQuery(session);
  const here = data?.workspaces.find((space) => space.workspace === workspace());
  if (!here) return false;
  const [noun = '', verb = ''] = permission.split('.');
  const wanted = [permission, `${noun}.*`, `*.${verb}`, '*.*'];
  return here.permissions.some((granted) => wanted.includes(granted));
}

export async function signIn(name: string, password: string): Promise<void> {
  await root.POST('/api/session', { body: { name, password } });
}

export async function signOut(): Promise<void> {
  await root.DELETE('/api/session');
}
