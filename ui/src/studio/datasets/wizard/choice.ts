import { nameFromFile } from '../naming';
import { STEPS, type Choice, type Step } from './search';

export type Source =
  | { type: 'upload'; session: string }
  | { type: 'datastore'; datastore: string; path: string; glob: string | null }
  | { type: 'sql'; datastore: string; query: string }
  | { type: 'url'; url: string }
  | { type: 'run'; run_id: string; path: string };

/** The source as it is asked for; null while something is missing. */
export function sourceOf(choice: Choice): Source | null {
  const { from = 'upload', session, datastore, path = '', glob, query, url, run } = choice;
  switch (from) {
    case 'upload':
      return session ? { type: 'upload', session } : null;
    case 'datastore':
      return datastore && (path || glob)
        ? { type: 'datastore', datastore, path: glob ? '' : path, glob: glob ?? null }
        : null;
    case 'sql':
      return datastore && query?.trim() ? { type: 'sql', datastore, query: query.trim() } : null;
    case 'url':
      return url && /^https?:\/\/./.test(url) ? { type: 'url', url } : null;
    case 'run':
      return run ? { type: 'run', run_id: run, path } : null;
  }
}

/** The steps that a choice has: files as they are have no format and no columns, a query has no format. */
export function stepsOf(choice: Choice): readonly Step[] {
  if (choice.kind === 'file') return ['source', 'about'];
  if (choice.from === 'sql') return ['source', 'schema', 'about'];
  return choice.from === 'run' ? ['source', 'about'] : STEPS;
}

/** A name that fits the source, to begin with. */
export function nameOf(choice: Choice, uploaded: string | undefined): string {
  const last = (path: string) => nameFromFile(path.replace(/\/+$/, '').split('/').pop() ?? '');
  switch (choice.from ?? 'upload') {
    case 'datastore':
      return last((choice.glob ? choice.glob.split('*')[0] : choice.path) ?? '') || (choice.datastore ?? '');
    case 'url':
      return last((choice.url ?? '').split(/[?#]/)[0] ?? '');
    case 'sql':
      return nameFromFile(
        /\bfrom\s+["`[]?([\w.]+)/i
          .exec(choice.query ?? '')?.[1]
          ?.split('.')
          .pop() ?? '',
      );
    case 'run':
      return last(choice.path ?? '');
    default:
      return last(uploaded ?? '');
  }
}

export function tagsOf(tags: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (tags ?? []).map((one) => {
      const cut = one.indexOf('=');
      return cut < 0 ? [one, ''] : [one.slice(0, cut), one.slice(cut + 1)];
    }),
  );
}
