import { queryOptions } from '@tanstack/react-query';
import { api, data } from '@/kernel/request';
import type { JobSpec } from './spec';

/** A secret of the vault that the job gets: its name or `name:version`, as the environment variable `variable`. */
export interface SecretRow {
  key: number;
  variable: string;
  secret: string;
}

const STORE = 'datastore:'; // what opens a datastore of the job; the studio adds it
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the vault holds, without values; `secret` events refetch what begins with `secrets`. */
export const vault = queryOptions({
  queryKey: ['secrets', 'of jobs'],
  queryFn: ({ signal }) =>
    data(api().GET('/workspace/secrets', { params: { query: { deleted: false } }, signal })),
});

/** The secrets of a job that its author named. */
export function secretRowsOf(spec: JobSpec, nextKey: () => number): SecretRow[] {
  return Object.entries(spec.secrets ?? {})
    .filter(([, secret]) => !secret.startsWith(STORE))
    .map(([variable, secret]) => ({ key: nextKey(), variable, secret }));
}

/** The secrets of a draft, and those that the form does not show. */
export function secretsOf(rows: readonly SecretRow[], base: JobSpec | null): Record<string, string> {
  const kept = Object.entries(base?.secrets ?? {}).filter(([, secret]) => secret.startsWith(STORE));
  const named = filled(rows).map((row) => [row.variable.trim(), row.secret.trim()] as const);
  return Object.fromEntries([...kept, ...named]);
}

/** What is wrong with the rows, in words. */
export function lackOfSecrets(rows: readonly SecretRow[], variables: readonly string[]): string | null {
  const names = filled(rows).map((row) => row.variable.trim());
  for (const row of filled(rows)) {
    const [variable, secret] = [row.variable.trim(), row.secret.trim()];
    if (!variable) return `Name the variable that holds the secret ${secret.slice(0, 40)}.`;
    if (!secret) return `Choose the secret that ${variable.slice(0, 40)} holds.`;
    if (!VARIABLE.test(variable))
      return `Secrets: ${variable.slice(0, 40)} is no name of a variable: letters, digits and _.`;
    if (variables.includes(variable)) return `Secrets: ${variable} is among the environment variables too.`;
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice ? `Secrets: ${twice} stands there twice.` : null;
}

const filled = (rows: readonly SecretRow[]) =>
  rows.filter((row) => row.variable.trim() !== '' || row.secret.trim() !== '');
