import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import type { AutoMLRun } from './documents';

/** The table of a run: a dataset version, or what another step of its pipeline made. */
export function LearnedFrom({ run }: { run: AutoMLRun }) {
  const [, name, version] = /^([\w.-]+):(\d+)(?:@.*)?$/.exec(run.dataset) ?? [];
  if (!name) return <>{run.dataset}</>;
  return <Link href={at(['datasets', name], { version })}>{run.dataset}</Link>;
}
