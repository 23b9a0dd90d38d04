import { Button, Group, Text } from '@mantine/core';
import { count } from '@/kernel/format';
import { useFollow } from '@/kit/Link';
import type { ComparedRun } from './fields';
import { listHref } from './link';
import { tail } from './search';
import type { View } from './useComparison';

/** Places of the chosen runs. */
export function selectedOf(
  runs: readonly ComparedRun[],
  sel: readonly string[] | undefined,
): ReadonlySet<number> {
  const tails = new Set(sel ?? []);
  return new Set(runs.flatMap((run, index) => (tails.has(tail(run.id)) ? [index] : [])));
}

export function selectedIds({ runs, search }: View): string[] {
  const chosen = selectedOf(runs, search.sel);
  return runs.flatMap((run, index) => (chosen.has(index) ? [run.id] : []));
}

/** What can be done with the runs that were drawn around, or ticked in the table below. */
export function Selection({ view, onChoose }: { view: View; onChoose: (ids: readonly string[]) => void }) {
  const { runs, search, change, setRuns } = view;
  const follow = useFollow();
  const ids = selectedIds(view);
  if (ids.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {search.lasso
          ? 'Draw a line around runs with the pointer, or tick them in the table.'
          : 'Tick runs in the table, or let dragging choose them, to keep or hide them.'}
      </Text>
    );
  const hidden = search.hide ?? [];
  const hide = (these: readonly string[]) =>
    change({ hide: [...new Set([...hidden, ...these.map(tail)])], sel: undefined });
  const others = runs.map((run) => run.id).filter((id) => !ids.includes(id));
  return (
    <Group gap="sm" role="region" aria-label="Chosen runs">
      <Text size="sm" fw={500} aria-live="polite">
        {count(ids.length)} {ids.length === 1 ? 'run' : 'runs'} chosen
      </Text>
      <Button variant="default" size="compact-sm" disabled={others.length === 0} onClick={() => hide(others)}>
        Show only these
      </Button>
      <Button variant="default" size="compact-sm" disabled={others.length === 0} onClick={() => hide(ids)}>
        Hide these
      </Button>
      <Button variant="default" size="compact-sm" disabled={ids.length < 2} onClick={() => setRuns(ids)}>
        Compare only these
      </Button>
      <Button variant="default" size="compact-sm" onClick={() => follow(listHref(ids))}>
        Open in the list
      </Button>
      <Button variant="subtle" size="compact-sm" onClick={() => onChoose([])}>
        Clear
      </Button>
    </Group>
  );
}
