import createClient, { type Client } from 'openapi-fetch';
import { Problem, type ProblemBody } from './problem';
import type { paths } from './schema';
import { workspace } from './workspace';

type Prefix = '/w/{workspace}/api';

// The document names every path `/w/{workspace}/api/…`; callers write `/datasets` and never pass the workspace.
type WithoutWorkspace<P> = P extends { path: infer Path }
  ? keyof Omit<Path, 'workspace'> extends never
    ? Omit<P, 'path'> & { path?: never }
    : Omit<P, 'path'> & { path: Omit<Path, 'workspace'> }
  : P;
type Bound<T> = T extends { parameters: infer P }
  ? Omit<T, 'parameters'> & { parameters: WithoutWorkspace<P> }
  : T;
type Scoped<Paths> = {
  [K in keyof Paths as K extends `${Prefix}${infer Rest}` ? Rest : never]: {
    [M in keyof Paths[K]]: Bound<Paths[K][M]>;
  };
};
export type ApiPaths = Scoped<paths>;

export async function problemOf(response: Response): Promise<Problem> {
  const id = response.headers.get('x-request-id');
  const type = response.headers.get('content-type') ?? '';
  if (!type.includes('json')) {
    return new Problem(
      { detail: (await response.text().catch(() => '')).slice(0, 300) },
      response.status,
      id,
    );
  }
  return new Problem((await response.json().catch(() => ({}))) as ProblemBody, response.status, id);
}

async function reach(input: Request): Promise<Response> {
  try {
    return await fetch(input);
  } catch (cause) {
    if (input.signal.aborted) throw cause;
    throw Problem.unreachable(cause);
  }
}

const clients = new Map<string, Client<ApiPaths>>();

/** The typed client of the current workspace. Every answer that is not 2xx is thrown as a Problem. */
export function api(): Client<ApiPaths> {
  const name = workspace();
  const known = clients.get(name);
  if (known) return known;
  const client = createClient<ApiPaths>({
    baseUrl: `${window.location.origin}/w/${encodeURIComponent(name)}/api`,
    credentials: 'same-origin',
    fetch: reach,
  });
  client.use({
    async onResponse({ response }) {
      if (!response.ok) throw await problemOf(response);
    },
  });
  clients.set(name, client);
  return client;
}

/** Unwrap an openapi-fetch answer: `const page = await data(api().GET('/datasets'))`. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>;
}
