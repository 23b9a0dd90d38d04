import { queryOptions } from '@tanstack/react-query';
import { Problem } from '@/kernel/problem';
import { api, data, problemOf } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import { whileRunning, type Run } from '../queries';

export type FileTree = components['schemas']['FileTree'];
export type CodeFile = components['schemas']['CodeFile'];
export type RunNode = components['schemas']['RunNode'];
export type TableRows = components['schemas']['TableRows'];
export type ContentLink = components['schemas']['ContentLink'];

export const runFiles = (run: Run) =>
  queryOptions({
    queryKey: ['experiments', 'files', run.id],
    queryFn: ({ signal }) =>
      data(
        api().GET('/experiments/runs/{run_id}/artifacts/files', {
          params: { path: { run_id: run.id } },
          signal,
        }),
      ),
    refetchInterval: whileRunning(run) ? 5000 : false,
  });

export const runCode = (id: string) =>
  queryOptions({
    queryKey: ['experiments-code', id], // never changes
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/code', { params: { path: { run_id: id } }, signal })),
    staleTime: Infinity,
  });

export const runBranch = (id: string, live: boolean) =>
  queryOptions({
    queryKey: ['experiments', 'branch', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/tree', { params: { path: { run_id: id } }, signal })),
    refetchInterval: live ? 3000 : false,
  });

export const runAncestors = (id: string) =>
  queryOptions({
    queryKey: ['experiments', 'ancestors', id],
    queryFn: ({ signal }) =>
      data(api().GET('/experiments/runs/{run_id}/ancestors', { params: { path: { run_id: id } }, signal })),
    staleTime: 60_000,
  });

/** Signed for half an hour; asked again before that. */
export const contentLink = (id: string, path: string) =>
  queryOptions({
    queryKey: ['experiments-link', id, path],
    queryFn: ({ signal }) =>
      data(
        api().GET('/experiments/runs/{run_id}/artifacts/link', {
          params: { path: { run_id: id }, query: { path } },
          signal,
        }),
      ),
    staleTime: 20 * 60_000,
    gcTime: 25 * 60_000,
  });

export const tableRows = (id: string, path: string, offset: number, limit: number) =>
  queryOptions({
    queryKey: ['experiments-table', id, path, offset, limit],
    queryFn: ({ signal }) =>
      data(
        api().GET('/experiments/runs/{run_id}/artifacts/table', {
          params: { path: { run_id: id }, query: { path, offset, limit } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export interface Piece {
  text: string;
  /** Of the whole file. */
  size: number;
  /** Byte after the last one that is here. */
  next: number;
}

/** A range of a file as text; only what is asked for travels. */
export async function readPiece(
  url: string,
  from: number,
  bytes: number,
  signal: AbortSignal,
): Promise<Piece> {
  const headers = { Range: `bytes=${from}-${from + bytes - 1}` };
  const response = await fetch(url, { signal, headers }).catch((cause: unknown) => {
    throw signal.aborted ? cause : Problem.unreachable(cause);
  });
  if (response.status === 416) return { text: '', size: from, next: from }; // an empty file has no first byte
  if (!response.ok) throw await problemOf(response);
  const body = await response.arrayBuffer();
  const size = Number(response.headers.get('content-range')?.split('/')[1] ?? body.byteLength);
  return { text: new TextDecoder().decode(body), size, next: from + body.byteLength };
}

export const textOf = (url: string, bytes: number) =>
  queryOptions({
    queryKey: ['experiments-file', url, bytes],
    queryFn: ({ signal }) => readPiece(url, 0, bytes, signal),
    staleTime: 30_000,
  });
