import { queries } from '@/kernel/query';
import { api, data } from '@/kernel/request';
import { runOverview, type Run, type RunOverview } from '../queries';

export const NOTE = 'mlflow.note.content';

type Change = Record<string, string | null>;

/** Change tags of a run, on the screen at once; null removes one. Returns what would undo it. */
export async function changeTags(run: Run, change: Change): Promise<Change> {
  const { queryKey } = runOverview(run);
  const before = queries.getQueryData<RunOverview>(queryKey)?.tags ?? {};
  const undo = Object.fromEntries(Object.keys(change).map((key) => [key, before[key] ?? null]));
  const show = (tags: Change) =>
    queries.setQueryData<RunOverview>(queryKey, (old) =>
      old ? { ...old, tags: applied(old.tags, tags) } : old,
    );
  await queries.cancelQueries({ queryKey }); // an answer from before the change must not undo it on the screen
  show(change);
  try {
    await data(api().POST('/experiments/bulk', { body: { run_ids: [run.id], action: 'tag', tags: change } }));
  } catch (error) {
    show(undo);
    throw error;
  }
  return undo;
}

export function applied(tags: Readonly<Record<string, string>>, change: Change): Record<string, string> {
  const kept = Object.entries({ ...tags, ...change });
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Tags that MLflow's clients and the studio keep for themselves. */
export function isOwn(key: string): boolean {
  return !key.startsWith('mlflow.') && !key.startsWith('studiolo.');
}
