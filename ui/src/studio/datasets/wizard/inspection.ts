import { keepPreviousData, queryOptions, skipToken } from '@tanstack/react-query';
import { Problem } from '@/kernel/problem';
import { problemOf } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import type { Source } from './choice';
import type { ReadingChoice } from './reading';

export interface InspectedColumn {
  name: string;
  /** Where it is in the file: one word, or the way to a nested value. */
  field: string[];
  type: string;
  stored?: string;
  include: boolean;
  origin?: string;
  /** Types it can be. */
  choices: string[];
  /** How its moments are written, where that was found. */
  formats: string[];
  examples: unknown[];
}

export interface Loss {
  column: string;
  type: string;
  count: number;
  exact: boolean;
  first: { file: string; line: number | null; row: number | null; value: string }[];
}

export interface Inspection {
  format: string;
  options: Record<string, unknown>;
  files: { path: string; size: number }[];
  file_count: number;
  size: number;
  columns: InspectedColumn[];
  timestamps: string[];
  preview: { columns: { name: string; type: string }[]; rows: unknown[][]; total_rows: number };
  rows: number | null;
  exact: boolean;
  losses: Loss[];
  problems: { message: string; column?: string; line?: number | null; file?: string; value?: string }[];
  /** Of an MLTable among the files. */
  transformations?: unknown[] | null;
  bytes_read: number;
  seconds: number;
}

export interface FormatAbout {
  name: string;
  title: string;
  extensions: string[];
  /** Names of the options that it heeds. */
  options: string[];
}

/** The studio does not look into sources before they are registered. */
export function isBlind(error: unknown): boolean {
  const { status } = Problem.from(error);
  return status === 404 || status === 405;
}

/** An inspection says nothing where a registration says null. */
function asked(source: Source): object {
  return source.type === 'datastore' ? { ...source, glob: source.glob ?? '' } : source;
}

async function answer<T>(response: Response): Promise<T> {
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw Problem.unreachable(cause);
  }
}

/** What is found when a source is read so: the old answer stays on the screen while a new one is made. */
export const inspection = (source: Source | null, reading: ReadingChoice, rows = 100) =>
  queryOptions({
    queryKey: ['dataset-inspection', source, reading, rows],
    queryFn: source
      ? async ({ signal }) =>
          answer<Inspection>(
            await reach(apiUrl('/datasets/inspections'), {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ source: asked(source), reading, rows }),
              signal,
            }),
          )
      : skipToken,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });

export const formats = queryOptions({
  queryKey: ['dataset-formats'],
  queryFn: async ({ signal }) => answer<FormatAbout[]>(await reach(apiUrl('/datasets/formats'), { signal })),
  staleTime: Infinity,
  retry: false,
});
