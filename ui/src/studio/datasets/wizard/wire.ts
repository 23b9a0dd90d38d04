import { Problem, type ProblemBody } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { upload } from '@/kernel/upload';
import { apiUrl } from '@/kernel/workspace';

type Schemas = components['schemas'];
export type Registration = Schemas['Registration'];
export type RegistrationCreate = Schemas['RegistrationCreate'];
export type UploadSession = Schemas['UploadSession'];
export type FileState = Schemas['FileState'];
export type Reading = Schemas['Reading'];

type About = Partial<Schemas['UploadSessionCreate']>;

/** What is to be made, whole: the API's types ask for each field. */
export function aboutOf(about: About): Schemas['UploadSessionCreate'] {
  return {
    name: '',
    kind: 'tabular',
    description: '',
    tags: {},
    unpack: false,
    reading: {} as Reading,
    ...about,
  };
}

export const beginSession = (about: About): Promise<UploadSession> =>
  data(api().POST('/datasets/uploads/sessions', { body: aboutOf(about) }));

export const sessions = {
  queryKey: ['datasets', 'upload-sessions'],
  queryFn: ({ signal }: { signal: AbortSignal }) => data(api().GET('/datasets/uploads/sessions', { signal })),
};

const of = (session: string) => ({ path: { session } });

export const announce = (
  session: string,
  files: { path: string; size: number; mark: string }[],
): Promise<FileState[]> =>
  data(api().POST('/datasets/uploads/sessions/{session}/files', { params: of(session), body: { files } }));

export const filesOfSession = (session: string, cursor: string | undefined) =>
  data(
    api().GET('/datasets/uploads/sessions/{session}/files', {
      params: { ...of(session), query: { limit: 1000, ...(cursor ? { cursor } : {}) } },
    }),
  );

export const removeFile = (session: string, path: string) =>
  api().DELETE('/datasets/uploads/sessions/{session}/files', { params: { ...of(session), query: { path } } });

export const cancelSession = (session: string) =>
  api().DELETE('/datasets/uploads/sessions/{session}', { params: of(session) });

export const completeSession = (session: string, about: About): Promise<Registration> =>
  data(
    api().POST('/datasets/uploads/sessions/{session}/complete', {
      params: of(session),
      body: aboutOf(about),
    }),
  );

/** Send a piece of a file; the body is streamed from disk by the browser. */
export async function sendPiece(
  session: string,
  path: string,
  offset: number,
  piece: Blob,
  signal: AbortSignal,
): Promise<FileState> {
  const url = apiUrl(`/datasets/uploads/sessions/${session}/content`, { path, offset: String(offset) });
  const response = await fetch(url, { method: 'PUT', body: piece, signal }).catch((cause: unknown) => {
    if (signal.aborted) throw cause;
    throw Problem.unreachable(cause);
  });
  const body = (await response.json().catch(() => ({}))) as FileState & ProblemBody;
  if (!response.ok) throw new Problem(body, response.status, response.headers.get('x-request-id'));
  return body;
}

/** Send small files that were announced, as a tar. onShare: told how much of it was sent, 0 to 1. */
export function sendMany(
  session: string,
  tar: Blob,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<FileState[]> {
  const url = apiUrl(`/datasets/uploads/sessions/${session}/contents`);
  return upload(url, tar, ({ sent, total }) => onShare(total ? sent / total : 0), signal);
}

export const register = (wanted: RegistrationCreate): Promise<Registration> =>
  data(api().POST('/datasets/registrations', { body: wanted }));

export const cancelRegistration = (run: string) =>
  data(api().DELETE('/datasets/registrations/{run_id}', { params: { path: { run_id: run } } }));

export const registration = (run: string) => ({
  queryKey: ['dataset-registration', run],
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    data(api().GET('/datasets/registrations/{run_id}', { params: { path: { run_id: run } }, signal })),
  refetchInterval: (query: { state: { data?: Registration | undefined } }) => {
    const state = query.state.data?.state;
    return state === undefined || state === 'queued' || state === 'running' ? 700 : false;
  },
  retry: 1,
});
